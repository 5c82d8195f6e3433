/* SPDX-License-Identifier: MIT */
#ifndef NET_LOCK_H
#define NET_LOCK_H

#define LOCK_FILE "/run/mkveth.lock"

/*
 * lock_name - lock the network of a container
 *
 * Waits until it is free.  The lock is one byte of LOCK_FILE at an offset
 * derived from the name.  So no files per container are left over, containers
 * do not block each other (except by a rare collision), and the kernel unlocks
 * it if the process dies.  Returns the O_CLOEXEC descriptor that holds the
 * lock, or -1 with the errno of open(2) or fcntl(2).  Never hold two: deadlocks
 * are not detected.
 * Source: fcntl_locking(2), open file description locks.
 */
int lock_name(const char *name);

#endif
