/* SPDX-License-Identifier: MIT */
#ifndef NET_READY_H
#define NET_READY_H

#include "net/nl.h"

/*
 * A process in a network namespace waits until its network is complete.  What
 * tells it is the group of the loopback interface there: each namespace has
 * one, and a new one is in group 0.
 */

/*
 * ready_set - let go who waits in the namespace of this socket
 *
 * Returns 0, or -1 with the errno of nl_run.
 */
int ready_set(struct nl *nl);

/*
 * ready_wait - wait in the present network namespace until ready_set
 *
 * Returns 0, or -1 with errno: ETIMEDOUT after timeout_ms, or that of nl_open
 * or nl_run.
 */
int ready_wait(int timeout_ms);

#endif
