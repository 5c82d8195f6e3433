/* SPDX-License-Identifier: MIT */
/* strset.c - a set of texts of limited size */
#include "nix/strset.h"

#include <stdlib.h>
#include <string.h>

/* Duplicates are removed once there is no room left. */
enum { ROOM_MAX = 2 * STRSET_MAX };

static int
grow_set(struct strset *l)
{
	size_t room = 64;
	char **more;

	if (l->room > 0)
		room = 2 * l->room;
	more = realloc(l->text, room * sizeof(*more));
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
		if (l->n == STRSET_MAX)
			l->full = true;
	}
	if (l->full)
		return 0;
	if (l->n == l->room && grow_set(l) < 0)
		return -1;
	l->text[l->n] = strdup(text);
	if (!l->text[l->n])
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
		if (kept < STRSET_MAX &&
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
