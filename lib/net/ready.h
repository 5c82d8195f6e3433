/* SPDX-License-Identifier: MIT */
#ifndef NET_READY_H
#define NET_READY_H

#include "net/nl.h"

/*
 * A process in a network namespace can wait until its network is complete.  The
 * sign is the group of the loopback interface: every namespace has one, and in
 * a new namespace its group is 0.
 */

/*
 * ready_set - wake the waiters in the namespace of this socket
 *
 * Returns 0, or -1 with the errno of nl_run.
 */
int ready_set(struct nl *nl);

/*
 * ready_wait - wait until ready_set in the current network namespace
 *
 * Returns 0, or -1 with errno: ETIMEDOUT after timeout_ms, or the errno of
 * nl_open or nl_run.
 */
int ready_wait(int timeout_ms);

#endif
