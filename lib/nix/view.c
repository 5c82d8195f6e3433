/* SPDX-License-Identifier: MIT */
/* view.c - a container's files, whether it runs or not */
#define _GNU_SOURCE
#include "nix/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "nix/machine.h"

/* is_empty - 1, 0, or -1 with errno */
static int
is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		fd_cleanup(&fd);
		return -1;
	}
	while (n < 3 && readdir(d))	/* "." and ".." are always there */
		n++;
	closedir(d);
	return n < 3;
}

int
view_open(const char *machines, const char *trees, const char *name,
    bool *whole, struct errmsg *why)
{
	auto_close int fd = machine_root(machines, trees, name);
	auto_close int dir = -1;
	int empty;

	*whole = fd >= 0;
	if (fd >= 0)
		return fd_take(&fd);
	if (errno != ENOENT)
		return errmsg_errno(why, "look into %s, which runs", name);
	dir = open(trees, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errmsg_errno(why, "open %s", trees);
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (empty = is_empty(fd)) < 0)
		return errmsg_errno(why, "open %s/%s", trees, name);
	if (empty)
		return errmsg_set(why, "%s/%s is empty: its roots stay as they "
		    "are", trees, name);
	return fd_take(&fd);
}
