/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CONNECT_H
#define CONSOLE_CONNECT_H

#include "console/client.h"

/* Timeout for a container that neither answers nor reads, in milliseconds. */
enum { CONNECT_MS = 10000 };

/*
 * connect_server - connect to a socket of a container
 *
 * root: the container's root directory, in which path is looked up; or the path
 * of a socket itself.  No link is followed.  Fills *c and returns 0, or -1 with
 * errno ENOTSOCK, ELOOP (a link), ETIMEDOUT (no connection within CONNECT_MS),
 * or that of openat2(2) or connect(2).
 *
 * The lookup may pass file systems that the container serves itself, and that
 * never answer.  A thread does it: after ETIMEDOUT the thread still uses c, root
 * and path, so the caller must exit.  Needs /proc.  No capability is needed
 * after it.
 */
int connect_server(struct client *c, const char *root, const char *path);

/*
 * connect_request - request a session
 *
 * Makes pipes, or a socket pair for a terminal, and sends the other ends.  Returns 0, or -1 with errno E2BIG, ETIMEDOUT (the server reads
 * nothing for CONNECT_MS), or that of the call that failed.
 */
int connect_request(struct client *c, const struct proto_request *req);

#endif
