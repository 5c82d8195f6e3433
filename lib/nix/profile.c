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

#include "base/fd.h"

#define CURRENT "system"
/* Not "system-...", which Nix would count as a generation. */
#define NEW ".system.new"

enum { NAME_SIZE = sizeof("system-4294967295-link") };

static void
link_name(uint32_t number, char *buf)
{
	snprintf(buf, NAME_SIZE, CURRENT "-%lu-link", (unsigned long)number);
}

/*
 * number_of - the number in the name of a generation's link, or -1
 *
 * Nix numbers on from what begins like one, too, such as the link with which
 * it was killed before it could rename it; *whole says that this is no such.
 */
static int64_t
number_of(const char *name, bool *whole)
{
	const char *s = name + sizeof(CURRENT "-") - 1;
	int64_t v = 0;

	if (strncmp(name, CURRENT "-", sizeof(CURRENT "-") - 1) != 0 ||
	    (*s == '0' && s[1] != '-'))
		return -1;
	for (; *s >= '0' && *s <= '9'; s++)
		if ((v = v * 10 + (*s - '0')) > PROFILE_MAX)
			return -1;
	if (s == name + sizeof(CURRENT "-") - 1 || strncmp(s, "-link", 5) != 0)
		return -1;
	*whole = s[5] == '\0';
	return v;
}

static int
append(struct profile *p, uint32_t number, int64_t date)
{
	if ((p->n & (p->n + 1)) == 0) {	/* room for 1, 3, 7, ... */
		struct generation *more = realloc(p->gen,
		    (2 * p->n + 1) * sizeof(*more));

		if (!more)
			return -1;
		p->gen = more;
	}
	p->gen[p->n++] = (struct generation){ .number = number, .date = date };
	return 0;
}

static int
read_entry(int dir, const char *name, struct profile *p)
{
	bool whole;
	int64_t v = number_of(name, &whole);
	struct stat st;

	if (v < 0)
		return 0;
	if (v > p->highest)
		p->highest = v;
	if (!whole || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISLNK(st.st_mode))
		return 0;
	return append(p, (uint32_t)v, st.st_mtime);
}

static int
by_number(const void *a, const void *b)
{
	const struct generation *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* current_of - the number of the generation that "system" names, or -1 */
static int64_t
current_of(int dir)
{
	char name[NAME_SIZE + 1];
	ssize_t n = readlinkat(dir, CURRENT, name, sizeof(name) - 1);
	bool whole;
	int64_t v;

	if (n < 0)
		return -1;
	name[n] = '\0';
	v = number_of(name, &whole);
	return v >= 0 && whole ? v : -1;
}

int
profile_read(int dir, struct profile *p)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	*p = (struct profile){ .current = -1, .highest = -1 };
	if (!d) {
		fd_cleanup(&fd);
		return -1;
	}
	while ((errno = 0, entry = readdir(d)))
		if (read_entry(dir, entry->d_name, p) < 0)
			break;
	e = errno;
	closedir(d);
	if (e) {
		profile_free(p);
		errno = e;
		return -1;
	}
	if (p->n > 0)
		qsort(p->gen, p->n, sizeof(*p->gen), by_number);
	p->current = current_of(dir);
	if (!profile_find(p, p->current))
		p->current = -1;
	return 0;
}

void
profile_free(struct profile *p)
{
	free(p->gen);
	p->gen = NULL;
	p->n = 0;
}

const struct generation *
profile_find(const struct profile *p, int64_t number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->gen[i].number == number)
			return &p->gen[i];
	return NULL;
}

ssize_t
profile_target(int dir, uint32_t number, char *buf, size_t size)
{
	char name[NAME_SIZE];
	ssize_t n;

	link_name(number, name);
	if ((n = readlinkat(dir, name, buf, size - 1)) >= 0)
		buf[n] = '\0';
	return n;
}

int
profile_add(int dir, const struct profile *p, const char *target,
    uint32_t *number)
{
	char name[NAME_SIZE], last[PATH_MAX];

	if (p->n > 0) {
		*number = p->gen[p->n - 1].number;
		if (profile_target(dir, *number, last, sizeof(last)) >= 0 &&
		    !strcmp(last, target))
			return 0;
	}
	if (p->highest >= (int64_t)PROFILE_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	*number = p->highest < 0 ? 1 : (uint32_t)p->highest + 1;
	link_name(*number, name);
	if (symlinkat(target, dir, name) < 0)
		return -1;
	return fsync(dir);
}

int
profile_delete(int dir, const struct profile *p, const bool *doomed)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < p->n; i++) {
		if (!doomed[i])
			continue;
		link_name(p->gen[i].number, name);
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
