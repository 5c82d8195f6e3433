/* SPDX-License-Identifier: MIT */
#ifndef TREE_REMOVE_H
#define TREE_REMOVE_H

/*
 * remove_at - remove a file, or a directory with all its contents
 *
 * name is one name in dir, not a path.  Links are removed, never followed.  A
 * mount point is neither entered nor removed: errno EXDEV or EBUSY.  The tree
 * is untrusted and may change meanwhile; nothing outside it is touched, and it
 * may have any depth.  Immutable and append-only flags are cleared, which
 * needs CAP_LINUX_IMMUTABLE.  Returns 0, also if the name does not exist; or
 * -1 with errno ENOTEMPTY (filled as fast as it is emptied), or that of
 * openat2(2) or unlink(2).
 */
int remove_at(int dir, const char *name);

/*
 * remove_empty - remove the contents of a directory in the same way
 *
 * The directory itself stays, and may be a mount point.  Returns 0 if it does
 * not exist.  If it is a link, errno is ENOTDIR.
 */
int remove_empty(int dir, const char *name);

#endif
