/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CONNECT_H
#define CONSOLE_CONNECT_H

#include "console/client.h"

/* Timeout for a server that neither answers nor reads, in milliseconds. */
enum { CONNECT_MS = 10000 };

/*
 * connect_find - the socket of a container
 *
 * root: the container's root directory, in which path is looked up; or the
 * path of a socket itself.  No link is followed.  Returns an O_PATH descriptor that the caller owns, or -1
 * with errno ENOTSOCK, ELOOP (a link), or that of openat2(2).
 */
int connect_find(const char *root, const char *path);

/*
 * connect_server - connect to the socket
 *
 * sock: from connect_find; stays open.  Fills *c and returns 0, or -1 with
 * errno ETIMEDOUT (nobody accepts for CONNECT_MS) or that of connect(2).  Needs
 * /proc.  No capability is needed after it.
 */
int connect_server(struct client *c, int sock);

/*
 * connect_request - request a session
 *
 * Makes pipes, or a socket pair for a terminal, and sends the other ends.  Returns 0, or -1 with errno E2BIG, ETIMEDOUT (the server reads
 * nothing for CONNECT_MS), or that of the call that failed.
 */
int connect_request(struct client *c, const struct proto_request *req);

#endif
