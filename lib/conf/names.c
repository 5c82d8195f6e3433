/* SPDX-License-Identifier: MIT */
/* names.c - find all containers by their settings files */
#define _GNU_SOURCE
#include "conf/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/name.h"

/* name_of_file - copy NAME of NAME and an end; returns 0, or -1: another file */
static int
name_of_file(const char *file, const char *end, char name[NAMES_SIZE])
{
	const char *dot = strrchr(file, '.');
	size_t n;

	if (!dot || strcmp(dot, end) != 0)
		return -1;
	n = (size_t)(dot - file);
	if (n >= NAMES_SIZE)
		return -1;
	memcpy(name, file, n);
	name[n] = '\0';
	if (!name_ok(name) || name_reserved(name))
		return -1;
	return 0;
}

char *
names_file(const char *name, char buf[NAMES_FILE_SIZE])
{
	snprintf(buf, NAMES_FILE_SIZE, "%s.conf", name);
	return buf;
}

bool
names_settings(const char *file)
{
	char name[NAMES_SIZE];

	if (*file == '.')
		return name_of_file(file + 1, ".pending", name) == 0;
	return name_of_file(file, ".conf", name) == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* add - returns 0, or -1 with errno */
static int
add(struct names *names, size_t *room, const char *name)
{
	if (names->n == *room) {
		size_t more = 2 * *room + 64;
		void *p = realloc(names->name, more * NAMES_SIZE);

		if (!p)
			return -1;
		names->name = p;
		*room = more;
	}
	strcpy(names->name[names->n++], name);
	return 0;
}

static int
read_all(DIR *d, struct names *names)
{
	char name[NAMES_SIZE];
	struct dirent *e;
	size_t room = 0;

	for (errno = 0; (e = readdir(d)); errno = 0)
		if (name_of_file(e->d_name, ".conf", name) == 0 &&
		    add(names, &room, name) < 0)
			return -1;
	return errno ? -1 : 0;
}

int
names_read(int dir, struct names *names)
{
	/* A new descriptor: duplicates share their position in a directory. */
	DIR *d = fd_entries(dir);
	int r, e;

	memset(names, 0, sizeof(*names));
	if (!d)
		return -1;
	r = read_all(d, names);
	e = errno;
	closedir(d);
	if (r < 0)
		names_free(names);
	else if (names->n > 1)
		qsort(names->name, names->n, NAMES_SIZE, by_name);
	errno = e;
	return r;
}

int
names_read_path(const char *path, struct names *names)
{
	auto_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(names, 0, sizeof(*names));
	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	return names_read(dir, names);
}

void
names_free(struct names *names)
{
	free(names->name);
	memset(names, 0, sizeof(*names));
}
