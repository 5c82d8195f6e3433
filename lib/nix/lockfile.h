/* SPDX-License-Identifier: MIT */
#ifndef NIX_LOCKFILE_H
#define NIX_LOCKFILE_H

/*
 * lockfile_take - take a lock file, as Nix does
 *
 * The file name in dir is created if missing, and locked with flock(2).  A
 * holder unlinks the file and writes to it before it unlocks, so a locked file
 * that is not empty is stale, and the next one is tried.  Others may write to
 * dir: only a regular file is opened (a link: ELOOP, others: EINVAL), and a
 * stale file that was not unlinked is removed.  Needs /proc.
 *
 * Returns an O_CLOEXEC descriptor that holds the lock, for lockfile_drop; or -1
 * with errno ETIMEDOUT (still held after wait_ms), or that of open(2).
 * Source: src/libstore/pathlocks.cc of Nix 2.8.
 */
int lockfile_take(int dir, const char *name, int wait_ms);

/* lockfile_drop - unlink the file, wake the waiters, release the lock */
void lockfile_drop(int dir, const char *name, int fd);

#endif
