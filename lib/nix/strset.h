/* SPDX-License-Identifier: MIT */
#ifndef NIX_STRSET_H
#define NIX_STRSET_H

#include <stdbool.h>
#include <stddef.h>

/* How many texts a list takes: what a container may make the host remember. */
enum { TEXTLIST_MAX = 65536 };

/* A list of texts, which is a set once it was sorted.  Starts as { 0 }. */
struct strset {
	char **text;
	size_t n, room;
	bool full;	/* something did not fit any more */
};

/*
 * strset_add - put a copy of a text there
 *
 * Returns 0, also when the list is full; or -1 with errno ENOMEM.
 */
int strset_add(struct strset *l, const char *text);

/* strset_sort - in order, and each text once */
void strset_sort(struct strset *l);

/* strset_has - is it in a list that is sorted? */
bool strset_has(const struct strset *l, const char *text);

/* strset_free - free the texts, not l, which is empty then */
void strset_free(struct strset *l);

#endif
