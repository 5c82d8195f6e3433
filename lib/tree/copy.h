/* SPDX-License-Identifier: MIT */
#ifndef TREE_COPY_H
#define TREE_COPY_H

#include <stdbool.h>
#include <sys/types.h>

struct copy_tree {
	bool stream;		/* read until end of file, see below */
	bool backup;		/* keep a replaced file, see below */
	uid_t uid;		/* owner of the copy */
	gid_t gid;
	mode_t mask;		/* mode bits to keep */
	/* Counts skipped entries: not a file, directory or link. */
	unsigned long *skipped;
};

/*
 * copy_tree - copy a file, or a directory with all in it, into a directory
 *
 * node is an O_PATH descriptor of it.  Either tree may belong to somebody who
 * changes it meanwhile: no link is followed, nothing but a regular file or a
 * directory is opened, no name is resolved outside of what is open, and holes
 * stay holes.  The copy gets the name name in the directory to, once it is
 * whole and on disk: a file or link of that name is replaced, a directory
 * never (EEXIST, EISDIR).  Killed half-way, it leaves .NAME.ctr-tree.PID, which
 * the next copy of that name removes.  Links are copied as they are.  Needs
 * /proc.
 *
 * stream: node is a descriptor to read from, a pipe for one.  The copy is a
 * file with the permissions of the file that it replaces, or 0644.
 * backup: a file that is replaced is kept as NAME.~N~, with the lowest N that
 * is free (EMLINK: there are too many).  If the new one is the same, nothing
 * changes.
 * Returns 0, or -1 with errno; EINVAL also: node is nothing to copy; ELOOP:
 * it is deeper than a copy can be.
 */
int copy_tree(int node, int to, const char *name, const struct copy_tree *how);

/*
 * copy_out - write the content of a regular file to a descriptor
 *
 * node as above.  As much as the file holds at the beginning is written, holes
 * as zeros.  Waits for fd, also where it is O_NONBLOCK.  Returns 0, or -1 with
 * errno; EISDIR: node is a directory; EINVAL: neither that nor a regular file.
 */
int copy_out(int node, int fd);

#endif
