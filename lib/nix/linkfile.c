/* SPDX-License-Identifier: MIT */
/* linkfile.c - the file of links known in a container */
#define _GNU_SOURCE
#include "nix/linkfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "tree/inroot.h"

/* split_records - each ends with a null byte; an unterminated one is dropped */
static int
split_records(const char *buf, size_t len, struct strset *records)
{
	const char *end = buf + len;

	while (buf < end) {
		const char *stop = memchr(buf, '\0', (size_t)(end - buf));

		if (!stop)
			break;
		if (strset_add(records, buf) < 0)
			return -1;
		buf = stop + 1;
	}
	strset_sort(records);
	return 0;
}

int
linkfile_read(int dir, struct strset *records)
{
	auto_close int fd = -1;
	struct stat st;
	ssize_t len;
	char *buf;
	int r = -1;

	fd = openat(dir, LINKFILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) < 0)
		return -1;
	buf = malloc((size_t)st.st_size + 1);
	if (!buf)
		return -1;
	len = fd_read_max(fd, buf, (size_t)st.st_size);
	if (len >= 0)
		r = split_records(buf, (size_t)len, records);
	free(buf);
	return r;
}

static bool
is_same_set(const struct strset *a, const struct strset *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->text[i], b->text[i]) != 0)
			return false;
	return true;
}

int
linkfile_write(int dir, const struct strset *before,
    const struct strset *now)
{
	size_t size = 0, at = 0;
	char *buf;
	int r;

	if (is_same_set(before, now))
		return 0;
	for (size_t i = 0; i < now->n; i++)
		size += strlen(now->text[i]) + 1;
	buf = malloc(size + 1);
	if (!buf)
		return -1;
	for (size_t i = 0; i < now->n; i++)
		at = (size_t)(stpcpy(buf + at, now->text[i]) - buf) + 1;
	r = inroot_replace(dir, LINKFILE, buf, size, 0600);
	free(buf);
	return r;
}
