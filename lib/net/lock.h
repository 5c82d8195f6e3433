/* SPDX-License-Identifier: MIT */
#ifndef NET_LOCK_H
#define NET_LOCK_H

#define LOCK_FILE "/run/mkveth.lock"

/*
 * lock_name - be the only one that works on the network of a container
 *
 * Waits.  One byte of LOCK_FILE, at a place that follows from the name, is
 * locked: no file per container is left over, other containers are not held
 * up (save by a rare collision), and the kernel frees it when we die.
 * Returns the O_CLOEXEC descriptor that holds it, or -1 with the errno of
 * open(2) or fcntl(2).  Never take two: nothing finds a deadlock.
 * Source: fcntl_locking(2), open file description locks.
 */
int lock_name(const char *name);

#endif
