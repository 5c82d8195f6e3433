/* SPDX-License-Identifier: MIT */
/* unmount.c - unmount what lies below a directory */
#define _GNU_SOURCE
#include "tree/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "tree/inroot.h"
#include "tree/mounts.h"

enum {
	DEPTH_MAX = 64,		/* mounts on mounts */
	ROUNDS_MAX = 64,	/* a mount may hide others until it is gone */
};

/* real_path - the path of a directory, as the kernel writes it */
static int
real_path(int dir, char path[PATH_MAX])
{
	char self[40];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", dir);
	n = readlink(self, path, PATH_MAX - 1);
	if (n < 0)
		return -1;
	path[n] = '\0';
	return 0;
}

/* unmount_path - by its last name, in the directory that holds it */
static int
unmount_path(int top, const char *path)
{
	const char *name = path_last(path);
	auto_close int above = -1;
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)(name - path), path);
	above = inroot_open(top, dir, O_PATH | O_DIRECTORY, INROOT_NO_LINKS);
	if (above < 0 || fchdir(above) < 0)
		return -1;
	return umount2(name, UMOUNT_NOFOLLOW);
}

static int unmount_children(int top, int depth, struct errmsg *why);

/* unmount_on - what is mounted on that mount, where it can be entered */
static int
unmount_on(int top, const char *path, int depth, struct errmsg *why)
{
	auto_close int dir = inroot_open(top, path,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW, INROOT_NO_LINKS);

	if (dir < 0 || depth == 0)
		return 0;
	return unmount_children(dir, depth - 1, why) < 0 ? -1 : 0;
}

/* unmount_child - a mount of a list; it may have gone with one before */
static int
unmount_child(int top, const char *path, int depth, struct errmsg *why)
{
	if (unmount_path(top, path) == 0)
		return 0;
	if (errno == EBUSY) {
		if (unmount_on(top, path, depth, why) < 0)
			return -1;
		if (unmount_path(top, path) == 0)
			return 0;
	}
	if (errno == EINVAL || errno == ENOENT)
		return 0;
	return errmsg_errno(why, "unmount %s", path);
}

/* unmount_children - 1: others may have been below these; 0: there were none */
static int
unmount_children(int top, int depth, struct errmsg *why)
{
	struct mounts *m = calloc(1, sizeof(*m));
	char path[PATH_MAX];
	int r = 0;

	if (!m || real_path(top, path) < 0 || mounts_below(top, path, 0, m) < 0)
		return errmsg_errno(why, "list the mounts");
	for (size_t i = m->n; r == 0 && i > 0; i--)
		r = unmount_child(top, m->path[i - 1], depth, why);
	return r < 0 ? -1 : m->n > 0;	/* m stays allocated: see mounts.h */
}

int
unmount_below(int top, struct errmsg *why)
{
	int r = 1;

	for (int i = 0; i < ROUNDS_MAX && r > 0; i++)
		r = unmount_children(top, DEPTH_MAX, why);
	return r < 0 ? -1 : 0;
}
