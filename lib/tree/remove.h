/* SPDX-License-Identifier: MIT */
#ifndef TREE_REMOVE_H
#define TREE_REMOVE_H

/*
 * remove_at - remove a file, or a directory with all that is in it
 *
 * name is one name in dir, not a path.  Links are removed, never followed, and
 * a mount point is neither entered nor removed: errno EXDEV or EBUSY.  The tree
 * may belong to somebody who changes it meanwhile; nothing outside it is
 * touched, and it may be of any depth.  Where the file system has them, the
 * immutable and append-only flags are taken off (CAP_LINUX_IMMUTABLE).
 * Returns 0, also if there is no such name; or -1 with errno ENOTEMPTY (it is
 * filled as fast as it is emptied), or that of openat2(2) or unlink(2).
 */
int remove_at(int dir, const char *name);

/*
 * remove_empty - remove all that is in a directory, in the same way
 *
 * The directory itself stays, and may be a mount point; if there is none,
 * nothing is to be done.  A link is ENOTDIR.
 */
int remove_empty(int dir, const char *name);

#endif
