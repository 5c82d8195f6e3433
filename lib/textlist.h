/* SPDX-License-Identifier: MIT */
#ifndef TEXTLIST_H
#define TEXTLIST_H

#include <stdbool.h>
#include <stddef.h>

/* How many texts a list takes: what a container may make the host remember. */
enum { TEXTLIST_MAX = 65536 };

/* A list of texts, which is a set once it was sorted.  Starts as { 0 }. */
struct textlist {
	char **text;
	size_t n, room;
	bool full;	/* something did not fit any more */
};

/*
 * textlist_add - put a copy of a text there
 *
 * Returns 0, also when the list is full; or -1 with errno ENOMEM.
 */
int textlist_add(struct textlist *l, const char *text);

/* textlist_sort - in order, and each text once */
void textlist_sort(struct textlist *l);

/* textlist_has - is it in a list that is sorted? */
bool textlist_has(const struct textlist *l, const char *text);

/* textlist_free - free the texts, not l, which is empty then */
void textlist_free(struct textlist *l);

#endif
