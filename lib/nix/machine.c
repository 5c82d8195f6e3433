/* SPDX-License-Identifier: MIT */
/* machine.c - open the root of a running container */
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

enum { SIZE = 8192 };	/* of systemd-machined's file on a machine */

static int
read_machine(const char *dir, const char *name, char text[SIZE])
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
	if (fd < 0)
		return -1;
	len = fd_read_max(fd, text, SIZE - 1);
	if (len < 0)
		return -1;
	text[len] = '\0';
	return 0;
}

/* copy_value - copy the value of "KEY=" into buf */
static bool
copy_value(const char *text, const char *key, char *buf, size_t size)
{
	size_t klen = strlen(key);

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n >= klen && n - klen < size && !strncmp(text, key, klen)) {
			memcpy(buf, text + klen, n - klen);
			buf[n - klen] = '\0';
			return true;
		}
		text += n;
		if (*text == '\n')
			text++;
	}
	return false;
}

/* is_root_of - is it trees/name, or a copy that an ephemeral container uses? */
static bool
is_root_of(const char *root, const char *trees, const char *name)
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
is_same_dir(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* read_leader - the PID of the container's init; -1 with ENOENT: not running */
static int
read_leader(const char *dir, const char *trees, const char *name, char pid[16])
{
	char text[SIZE], root[PATH_MAX];

	if (read_machine(dir, name, text) < 0)
		return -1;
	if (!copy_value(text, "ROOT=", root, sizeof(root)) ||
	    !copy_value(text, "LEADER=", pid, 16) ||
	    !is_root_of(root, trees, name) ||
	    !*pid || pid[strspn(pid, "0123456789")]) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

int
machine_root(const char *dir, const char *trees, const char *name)
{
	char pid[16], again[16], path[64];
	auto_close int fd = -1;

	if (read_leader(dir, trees, name, pid) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%s/root", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* Meanwhile the PID may have been reused. */
	if (read_leader(dir, trees, name, again) < 0)
		return -1;
	if (strcmp(pid, again) != 0 || is_same_dir(fd, "/")) {
		errno = ENOENT;
		return -1;
	}
	return fd_take(&fd);
}
