/* SPDX-License-Identifier: MIT */
#ifndef TREECOPY_H
#define TREECOPY_H

#include <sys/types.h>

struct treecopy {
	uid_t uid;		/* whose the copy is */
	gid_t gid;
	mode_t mask;		/* what of the modes is kept */
	/* Counts what is neither file, directory nor link, and not copied. */
	unsigned long *skipped;
};

/*
 * treecopy - copy a file, or a directory with all in it, into a directory
 *
 * node is an O_PATH descriptor of it.  Either tree may belong to somebody who
 * changes it meanwhile: no link is followed, nothing but a regular file or a
 * directory is opened, no name is resolved outside of what is open, and holes
 * stay holes.  The copy gets the name name in the directory to, once it is
 * whole and on disk: a file or link of that name is replaced, a directory
 * never (EEXIST, EISDIR).  Killed half-way, it leaves .NAME.ctr-tree.PID, which
 * the next copy of that name removes.  Links are copied as they are.  Needs
 * /proc.
 * Returns 0, or -1 with errno; EINVAL also: node is nothing to copy; ELOOP:
 * it is deeper than a copy can be.
 */
int treecopy(int node, int to, const char *name, const struct treecopy *how);

#endif
