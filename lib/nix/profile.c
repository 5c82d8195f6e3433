/* SPDX-License-Identifier: MIT */
/* profile.c - the generations of a Nix profile */
#define _GNU_SOURCE
#include "nix/profile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define CURRENT "system"
/* Not "system-...", which Nix would take for a generation. */
#define NEW ".system.new"

enum { NAME_SIZE = sizeof("system-4294967295-link") };

static void
link_name(uint32_t number, char *buf)
{
	snprintf(buf, NAME_SIZE, CURRENT "-%lu-link", (unsigned long)number);
}

/*
 * parse_link_name - the number in the name of a generation's link, or -1
 *
 * *exact is false if more text follows.  Such names, as a killed nix-env leaves
 * them, are no generations, but Nix counts their numbers as used.
 */
static int64_t
parse_link_name(const char *name, bool *exact)
{
	const size_t prefix = sizeof(CURRENT "-") - 1;
	const char *digits = name + prefix, *s;
	int64_t number = 0;

	if (strncmp(name, CURRENT "-", prefix) != 0)
		return -1;
	for (s = digits; *s >= '0' && *s <= '9'; s++) {
		number = number * 10 + (*s - '0');
		if (number > PROFILE_MAX)
			return -1;
	}
	if (s == digits || (digits[0] == '0' && s - digits > 1) ||
	    strncmp(s, "-link", 5) != 0)
		return -1;
	*exact = s[5] == '\0';
	return number;
}

static int
append_entry(struct profile *p, uint32_t number, int64_t date)
{
	if ((p->n & (p->n + 1)) == 0) {	/* room for 1, 3, 7, ... */
		struct profile_entry *more = realloc(p->entry,
		    (2 * p->n + 1) * sizeof(*more));

		if (!more)
			return -1;
		p->entry = more;
	}
	p->entry[p->n++] = (struct profile_entry){ .number = number,
	    .date = date };
	return 0;
}

static int
read_entry(int dir, const char *name, struct profile *p)
{
	bool exact;
	int64_t number = parse_link_name(name, &exact);
	struct stat st;

	if (number < 0)
		return 0;
	if (number > p->highest)
		p->highest = number;
	if (!exact || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISLNK(st.st_mode))
		return 0;
	return append_entry(p, (uint32_t)number, st.st_mtime);
}

static int
by_number(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int64_t
profile_current(int dir)
{
	char name[NAME_SIZE + 1];
	ssize_t n = readlinkat(dir, CURRENT, name, sizeof(name) - 1);
	bool exact;
	int64_t number;

	if (n < 0)
		return -1;
	name[n] = '\0';
	number = parse_link_name(name, &exact);
	if (number < 0 || !exact)
		return -1;
	return number;
}

/* read_entries - 0, or -1 with errno */
static int
read_entries(int dir, struct profile *p)
{
	DIR *d = fd_entries(dir);
	struct dirent *e;
	int error;

	if (!d)
		return -1;
	while ((errno = 0, e = readdir(d)))
		if (read_entry(dir, e->d_name, p) < 0)
			break;
	error = errno;
	closedir(d);
	errno = error;
	return error ? -1 : 0;
}

int
profile_read(int dir, struct profile *p)
{
	*p = (struct profile){ .current = -1, .highest = -1 };
	if (read_entries(dir, p) < 0) {
		int error = errno;

		profile_free(p);
		errno = error;
		return -1;
	}
	if (p->n > 0)
		qsort(p->entry, p->n, sizeof(*p->entry), by_number);
	p->current = profile_current(dir);
	if (!profile_find(p, p->current))
		p->current = -1;
	return 0;
}

void
profile_free(struct profile *p)
{
	free(p->entry);
	p->entry = NULL;
	p->n = 0;
}

const struct profile_entry *
profile_find(const struct profile *p, int64_t number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->entry[i].number == number)
			return &p->entry[i];
	return NULL;
}

ssize_t
profile_target(int dir, uint32_t number, char *buf, size_t size)
{
	char name[NAME_SIZE];
	ssize_t n;

	link_name(number, name);
	n = readlinkat(dir, name, buf, size - 1);
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

int
profile_add(int dir, const struct profile *p, const char *target,
    uint32_t *number)
{
	char name[NAME_SIZE], last[PATH_MAX];

	if (p->n > 0) {
		*number = p->entry[p->n - 1].number;
		if (profile_target(dir, *number, last, sizeof(last)) >= 0 &&
		    !strcmp(last, target))
			return 0;
	}
	if (p->highest >= (int64_t)PROFILE_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	*number = 1;
	if (p->highest >= 0)
		*number = (uint32_t)p->highest + 1;
	link_name(*number, name);
	if (symlinkat(target, dir, name) < 0)
		return -1;
	return fsync(dir);
}

int
profile_delete(int dir, const struct profile *p, const bool *chosen)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < p->n; i++) {
		if (!chosen[i])
			continue;
		link_name(p->entry[i].number, name);
		if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
			return -1;
	}
	return fsync(dir);
}

int
profile_switch(int dir, uint32_t number)
{
	char name[NAME_SIZE];

	link_name(number, name);
	if (unlinkat(dir, NEW, 0) < 0 && errno != ENOENT)
		return -1;
	if (symlinkat(name, dir, NEW) < 0)
		return -1;
	if (renameat(dir, NEW, dir, CURRENT) < 0)
		return -1;
	return fsync(dir);
}

bool
profile_owns(const char *name)
{
	bool exact;

	return !strcmp(name, CURRENT) || !strcmp(name, PROFILE_LOCK) ||
	    !strcmp(name, NEW) || parse_link_name(name, &exact) >= 0;
}

/* replace_link - atomically; anything but a directory can be in its place */
static int
replace_link(int dir, const char *name, const char *target,
    const struct stat *owner)
{
	if (unlinkat(dir, NEW, 0) < 0 && errno != ENOENT)
		return -1;
	if (symlinkat(target, dir, NEW) < 0 || fchownat(dir, NEW, owner->st_uid,
	    owner->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return renameat(dir, NEW, dir, name);
}

/* mirror_link - if it differs */
static int
mirror_link(int dir, int to, const char *name, const struct stat *owner)
{
	char target[PATH_MAX], there[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1), m;

	if (n < 0)
		return errno == ENOENT ? 0 : -1;
	target[n] = '\0';
	m = readlinkat(to, name, there, sizeof(there));
	if (m == n && !memcmp(target, there, (size_t)n))
		return 0;
	return replace_link(to, name, target, owner);
}

int
profile_mirror(int dir, int to)
{
	char name[NAME_SIZE];
	struct stat owner;
	struct profile p;
	int r;

	if (fstat(to, &owner) < 0 || profile_read(dir, &p) < 0)
		return -1;
	r = 0;
	for (size_t i = 0; r == 0 && i < p.n; i++) {
		link_name(p.entry[i].number, name);
		r = mirror_link(dir, to, name, &owner);
	}
	if (r == 0 && p.current >= 0)
		r = mirror_link(dir, to, CURRENT, &owner);
	profile_free(&p);
	return r;
}
