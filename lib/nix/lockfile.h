/* SPDX-License-Identifier: MIT */
#ifndef NIX_LOCKFILE_H
#define NIX_LOCKFILE_H

/*
 * lockfile_take - lock by a file, as Nix does
 *
 * The file name in dir is locked by flock(2), and made if it is missing.  A
 * holder that is done unlinks the file and then writes to it: whoever gets the
 * lock of a file that is not empty has a stale one, and begins again.  Others
 * may write dir: a file that is not a regular one is not opened (a link:
 * ELOOP, another: EINVAL), and one that was filled but not unlinked, which
 * nobody who keeps the rules leaves, is removed.  Needs /proc.
 *
 * Returns an O_CLOEXEC descriptor that holds the lock, for lockfile_drop; or
 * -1 with errno ETIMEDOUT (not free within wait_ms), or that of open(2).
 * Source: src/libstore/pathlocks.cc of Nix 2.8.
 */
int lockfile_take(int dir, const char *name, int wait_ms);

/* lockfile_drop - remove the file, tell those who wait for it, free the lock */
void lockfile_drop(int dir, const char *name, int fd);

#endif
