/* SPDX-License-Identifier: MIT */
#ifndef TREE_LOCK_H
#define TREE_LOCK_H

#include "base/errmsg.h"

/*
 * The lock that systemd-nspawn holds on the tree DIR/NAME while it runs: an open
 * file description lock (fcntl(2)) on DIR/.#NAME.lck, or for EPHEMERAL=1 on the
 * lock file of the copy.  All machines that share DIR see it.  A file that nobody
 * has locked was left by a process that was killed.  dir is a descriptor of DIR.
 * Source: image_path_lock and make_lock_file in systemd 247 to 262.
 */

/* lock_file_held - has a process such a lock on this file?  1, 0, or -1: errno */
int lock_file_held(int dir, const char *file);

/* lock_held - 1: a tree, or a copy of it, is locked; 0: it is not; -1: errno */
int lock_held(int dir, const char *name);

/*
 * lock_take - lock the tree for whoever has the descriptor fd
 *
 * fd is open on its lock file for writing.  The lock lasts until all copies of the
 * descriptor are closed.  Whoever had the lock may have removed the file: the
 * caller compares.  Waits for wait_ms at most.  Returns 0: locked; 1: another
 * process has a lock, see lock_held; -1: errno.
 */
int lock_take(int dir, const char *name, int fd, int wait_ms);

/*
 * lock_of - the same of the tree at path: lock_take with fd, or lock_held if that is -1
 *
 * A tree whose directory is missing is not locked.  Waits as long as a systemd-nspawn
 * whose container has ended may hold it.  Returns -1 and why.
 */
int lock_of(const char *path, int fd, struct errmsg *why);

#endif
