/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CONNECT_H
#define CONSOLE_CONNECT_H

#include "console/client.h"

/* How long a server may say nothing, or read nothing: milliseconds. */
enum { CONNECT_MS = 10000 };

/*
 * connect_find - the socket of a container
 *
 * root: the container's root directory, below which path is looked up with
 * no link followed; or the path of a socket itself, in which then no link at
 * all is followed.  Returns an O_PATH descriptor that the caller owns, or -1
 * with errno ENOTSOCK, ELOOP (a link), or that of openat2(2).
 */
int connect_find(const char *root, const char *path);

/*
 * connect_server - connect to the socket
 *
 * sock: from connect_find; stays open.  Fills *c and returns 0, or -1 with
 * errno ETIMEDOUT (nobody accepts for CONNECT_MS) or that of connect(2).  Needs
 * /proc.  Capabilities are needed no more after it.
 */
int connect_server(struct client *c, int sock);

/*
 * connect_request - ask for a session
 *
 * Makes fresh pipes, or for a terminal a stream pair, and sends the other
 * ends.  Returns 0, or -1 with errno E2BIG, ETIMEDOUT (the server reads
 * nothing for CONNECT_MS), or that of the call that failed.
 */
int connect_request(struct client *c, const struct proto_request *req);

#endif
