/* SPDX-License-Identifier: MIT */
#ifndef TREE_MOUNTS_H
#define TREE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Mount points, relative to the directory that mounts_below was given. */
struct mounts {
	char **path;		/* n of them, parents first */
	size_t n;
	char *text;		/* what path points into */
	char *few[32];		/* for the usual case: a process's first */
	char small[1024];	/* malloc costs more than all the rest */
};

/*
 * mounts_below - mount points below a directory, in this mount namespace
 *
 * dir is an absolute path as the kernel writes it ("/sys"), fd is open on it.
 * Lists the mounts on that mount, and on mounts on it whose file system type
 * is through (a magic number).  Mounts on other mounts below may be listed or
 * not, and so may hidden ones; a path may be listed several times.  If the
 * kernel has listmount(2) (6.8 and later), the cost does not depend on the
 * number of other mounts, and /proc is not needed.  Returns 0, or -1 with
 * errno.  *m must not be copied, as it may point into itself, and its memory is
 * not given back: the caller executes a program.
 * Source: proc(5) on mountinfo, listmount(2), statmount(2), statx(2).
 */
int mounts_below(int fd, const char *dir, unsigned long through,
    struct mounts *m);

/*
 * mounts_has - is the file system with this device number mounted here?
 *
 * "Here" is this mount namespace.  False also if /proc is missing.  Source: proc(5) on mountinfo.
 */
bool mounts_has(dev_t dev);

#endif
