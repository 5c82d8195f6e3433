/* SPDX-License-Identifier: MIT */
#ifndef TREE_MOUNTS_H
#define TREE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Mount points, each relative to the directory they were looked for below. */
struct mounts {
	char **path;		/* n of them, those above before those below */
	size_t n;
	char *text;		/* what path points into */
	char *few[32];		/* room for the usual case: the first malloc */
	char small[1024];	/* of a process costs more than all the rest */
};

/*
 * mounts_below - mount points below a directory, in this mount namespace
 *
 * dir is an absolute path as the kernel writes it ("/sys"), fd is open on what
 * is to be seen there.  Found is whatever is mounted on that mount, and on
 * mounts of the file system type through (its magic number) on it; what is
 * mounted on others below may be among it or not, as may be what another mount
 * hides, and one place may come several times.  Where the kernel can list the
 * mounts below one (6.8 and later) the number of others does not matter, and
 * /proc is not needed.  Returns 0, or -1 with errno.  mounts_free frees what
 * is in m, which must not be copied: it may point into itself.
 * Source: proc(5) on mountinfo, listmount(2), statmount(2), statx(2).
 */
int mounts_below(int fd, const char *dir, unsigned long through,
    struct mounts *m);
void mounts_free(struct mounts *m);

/*
 * mounts_has - is the file system of this number mounted in this namespace?
 *
 * False too where /proc cannot tell.  Source: proc(5) on mountinfo.
 */
bool mounts_has(dev_t dev);

#endif
