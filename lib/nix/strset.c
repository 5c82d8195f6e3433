/* SPDX-License-Identifier: MIT */
/* strset.c - a set of texts of limited size */
#include "nix/strset.h"

#include <stdlib.h>
#include <string.h>

/* Doubles are found when there is no room, so that they take none. */
enum { ROOM_MAX = 2 * TEXTLIST_MAX };

static int
grow(struct strset *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	char **more = realloc(l->text, room * sizeof(*more));

	if (!more)
		return -1;
	l->text = more;
	l->room = room;
	return 0;
}

int
strset_add(struct strset *l, const char *text)
{
	if (l->n == ROOM_MAX) {
		strset_sort(l);
		if (l->n == TEXTLIST_MAX)
			l->full = true;
	}
	if (l->full)
		return 0;
	if (l->n == l->room && grow(l) < 0)
		return -1;
	if (!(l->text[l->n] = strdup(text)))
		return -1;
	l->n++;
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void
strset_sort(struct strset *l)
{
	size_t kept = 0;

	if (l->n == 0)
		return;
	qsort(l->text, l->n, sizeof(*l->text), by_text);
	for (size_t i = 0; i < l->n; i++) {
		if (kept < TEXTLIST_MAX &&
		    (kept == 0 || strcmp(l->text[kept - 1], l->text[i]) != 0)) {
			l->text[kept++] = l->text[i];
			continue;
		}
		if (kept > 0 && strcmp(l->text[kept - 1], l->text[i]) != 0)
			l->full = true;
		free(l->text[i]);
	}
	l->n = kept;
}

bool
strset_has(const struct strset *l, const char *text)
{
	return l->n > 0 && bsearch(&text, l->text, l->n, sizeof(*l->text),
	    by_text);
}

void
strset_free(struct strset *l)
{
	while (l->n > 0)
		free(l->text[--l->n]);
	free(l->text);
	*l = (struct strset){ 0 };
}
