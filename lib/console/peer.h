/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PEER_H
#define CONSOLE_PEER_H

#include <stdbool.h>

/*
 * peer_is_root - is root at the other end of this connection?
 *
 * Root is the user 0 of this user namespace.  The host's root is it too, but
 * has no number in a container's own user namespace: there it is a peer whom
 * neither the user namespace (the overflow user) nor the pid namespace (pid 0)
 * knows, and whom the kernel let connect to a socket that only its owner may
 * connect to.  path names that socket; it must be root's, with no permission
 * for others.  Errors count as no.
 * Source: unix(7) on SO_PEERCRED, user_namespaces(7) on unmapped users,
 * pid_namespaces(7) on pids of other namespaces.
 */
bool peer_is_root(int conn, const char *path);

#endif
