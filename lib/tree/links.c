/* SPDX-License-Identifier: MIT */
/* links.c - files that were met before */
#define _GNU_SOURCE
#include "tree/links.h"

#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 32 << 20 };	/* the container can make any number */

struct seen {
	dev_t dev;
	ino_t ino;
	char path[];
};

static int
compare(const void *one, const void *other)
{
	const struct seen *a = one, *b = other;

	if (a->ino != b->ino)
		return a->ino < b->ino ? -1 : 1;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return 0;
}

const char *
links_known(const struct links *l, const struct stat *st)
{
	const struct seen wanted = { st->st_dev, st->st_ino };
	struct seen **found;

	if (st->st_nlink < 2)
		return NULL;
	found = tfind(&wanted, (void *const *)&l->root, compare);
	return found ? (*found)->path : NULL;
}

void
links_add(struct links *l, const struct stat *st, const char *path)
{
	size_t n = strlen(path) + 1;
	struct seen *s;

	/* A longer path could not be opened. */
	if (st->st_nlink < 2 || l->bytes >= BYTES_MAX || n > PATH_MAX)
		return;
	s = malloc(sizeof(*s) + n);
	if (!s)
		return;
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	memcpy(s->path, path, n);
	if (!tsearch(s, &l->root, compare))
		free(s);
	else
		l->bytes += sizeof(*s) + n;
}

void
links_free(struct links *l)
{
	tdestroy(l->root, free);
	*l = (struct links){ NULL, 0 };
}
