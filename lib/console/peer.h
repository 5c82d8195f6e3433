/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PEER_H
#define CONSOLE_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * peer_is_root - is root at the other end of this connection?
 *
 * Root is user 0 of this user namespace.  The host's root counts too, but is
 * not mapped in a container with a user namespace of its own: it appears as
 * the overflow user, with pid 0.  Such a peer is accepted if only the owner of
 * the socket may connect to it.  path names that socket; it must belong to
 * root, with no permission for others.  Errors count as no.
 * Source: unix(7) on SO_PEERCRED, user_namespaces(7) on unmapped users,
 * pid_namespaces(7) on pids of other namespaces.
 */
bool peer_is_root(int conn, const char *path);

/*
 * peer_is_beside - is the other end in the PID namespace of this process?
 *
 * For a client, the other end is the process that called listen(2).  Errors count
 * as no: such as a peer that has ended, or a process that may not be traced.
 * Source: unix(7) on SO_PEERCRED, namespaces(7) on /proc/PID/ns.
 */
bool peer_is_beside(int conn, pid_t pid);

#endif
