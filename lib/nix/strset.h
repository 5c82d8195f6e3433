/* SPDX-License-Identifier: MIT */
#ifndef NIX_STRSET_H
#define NIX_STRSET_H

#include <stdbool.h>
#include <stddef.h>

/* The most texts in a set: limits what a container makes the host store. */
enum { STRSET_MAX = 65536 };

/* A set of texts once it is sorted.  Starts as { 0 }. */
struct strset {
	char **text;
	size_t n, room;
	bool full;	/* a text was left out */
};

/*
 * strset_add - add a copy of a text
 *
 * Returns 0, even if the set is full; or -1 with errno ENOMEM.
 */
int strset_add(struct strset *l, const char *text);

/* strset_sort - sort the texts and remove duplicates */
void strset_sort(struct strset *l);

/* strset_has - is the text in a sorted set? */
bool strset_has(const struct strset *l, const char *text);

/* strset_free - free the texts and empty the set */
void strset_free(struct strset *l);

#endif
