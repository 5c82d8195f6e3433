/* SPDX-License-Identifier: MIT */
/* way.c - follow a path part by part */
#define _GNU_SOURCE
#include "conf/way.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS = 40 };	/* as the kernel follows */

/* A path that is followed. */
struct way {
	char at[PATH_MAX];	/* the part that was followed, without links */
	char rest[2 * PATH_MAX];	/* the part to follow */
	int links;
};

/* next_part - move the next part from rest to at; false: there is none */
static bool
next_part(struct way *w, bool *fits)
{
	char *from = w->rest + strspn(w->rest, "/"), *last;
	size_t n = strcspn(from, "/"), used = strlen(w->at);

	*fits = true;
	if (n == 0)
		return false;
	if (n == 2 && !memcmp(from, "..", n)) {
		last = strrchr(w->at, '/');
		if (last)
			*last = '\0';
	} else if (n != 1 || *from != '.') {
		*fits = (size_t)snprintf(w->at + used, sizeof(w->at) - used,
		    "/%.*s", (int)n, from) < sizeof(w->at) - used;
	}
	memmove(w->rest, from + n, strlen(from + n) + 1);
	return true;
}

/* follow - if the last part is a link, go on with its target; false: it cannot */
static bool
follow(struct way *w)
{
	char target[PATH_MAX], rest[2 * PATH_MAX];
	ssize_t n = readlink(w->at, target, sizeof(target) - 1);

	if (n < 0)
		return true;
	target[n] = '\0';
	if (++w->links > LINKS || (size_t)snprintf(rest, sizeof(rest), "%s/%s",
	    target, w->rest) >= sizeof(rest))
		return false;
	strcpy(w->rest, rest);
	*strrchr(w->at, '/') = '\0';
	if (*target == '/')
		*w->at = '\0';
	return true;
}

static bool
is_same(const char *path, const struct stat *dir)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == dir->st_dev &&
	    st.st_ino == dir->st_ino;
}

bool
way_enters(const char *path, const char *dir)
{
	struct way w = { .links = 0 };
	struct stat st;
	bool fits, known = stat(dir, &st) == 0;

	if ((size_t)snprintf(w.rest, sizeof(w.rest), "%s", path) >=
	    sizeof(w.rest))
		return true;
	while (next_part(&w, &fits)) {
		if (!fits || !strcmp(w.at, "/proc"))
			return true;
		if (known && is_same(w.at, &st))
			return true;
		if (*w.at && !follow(&w))
			return true;
	}
	return false;
}
