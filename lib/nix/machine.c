/* SPDX-License-Identifier: MIT */
/* machine.c - look into a container that runs */
#define _GNU_SOURCE
#include "nix/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

enum { SIZE = 8192 };	/* of what machined notes about one */

static int
read_note(const char *dir, const char *name, char text[SIZE])
{
	char path[PATH_MAX];
	auto_close int fd = -1;
	ssize_t len;
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || (len = fd_read_max(fd, text, SIZE - 1)) < 0)
		return -1;
	text[len] = '\0';
	return 0;
}

/* value_of - copy the value of KEY= */
static bool
value_of(const char *text, const char *key, char *buf, size_t size)
{
	size_t klen = strlen(key);

	for (const char *s = text; s; s = strchr(s, '\n') ?
	    strchr(s, '\n') + 1 : NULL) {
		size_t n = strcspn(s, "\n");

		if (n < klen || strncmp(s, key, klen) != 0 || n - klen >= size)
			continue;
		memcpy(buf, s + klen, n - klen);
		buf[n - klen] = '\0';
		return true;
	}
	return false;
}

/* is_ours - trees/name, or the copy of it that an ephemeral container runs on */
static bool
is_ours(const char *root, const char *trees, const char *name)
{
	char real[PATH_MAX];
	size_t n;

	if (!realpath(trees, real))
		return false;
	n = strlen(real);
	return strncmp(root, real, n) == 0 && root[n] == '/' &&
	    (!strcmp(root + n + 1, name) ||
	    (root[n + 1] == '.' && root[n + 2] == '#'));
}

static bool
same_dir(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
machine_root(const char *dir, const char *trees, const char *name)
{
	char text[SIZE], root[PATH_MAX], pid[16], again[16], path[64];
	auto_close int fd = -1;

	if (read_note(dir, name, text) < 0)
		return -1;
	if (!value_of(text, "ROOT=", root, sizeof(root)) ||
	    !value_of(text, "LEADER=", pid, sizeof(pid)) ||
	    !is_ours(root, trees, name) || !*pid ||
	    pid[strspn(pid, "0123456789")]) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/%s/root", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* The number may be that of another by now. */
	if (read_note(dir, name, text) < 0)
		return -1;
	if (!value_of(text, "LEADER=", again, sizeof(again)) ||
	    strcmp(pid, again) != 0 || same_dir(fd, "/")) {
		errno = ENOENT;
		return -1;
	}
	return fd_take(&fd);
}
