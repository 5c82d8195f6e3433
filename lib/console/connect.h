/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CONNECT_H
#define CONSOLE_CONNECT_H

#include <sys/types.h>

#include "console/client.h"

/* Timeout for a container that neither answers nor reads, in milliseconds. */
enum { CONNECT_MS = 10000 };

/*
 * connect_server - connect to a socket of a container
 *
 * root: the container's root directory, in which path is looked up; or the path
 * of a socket itself.  No link is followed.  leader: the container's first
 * process, or 0 if any listener will do.  A container may mount a socket of
 * somebody else over its own, so the listener must be in the leader's PID
 * namespace.  Fills *c and returns 0, or -1 with errno ENOTSOCK, ELOOP (a link),
 * EXDEV (not the container's listener), ETIMEDOUT (no connection within CONNECT_MS),
 * or that of openat2(2) or connect(2).
 *
 * The lookup may pass file systems that the container serves itself, and that
 * never answer, so a child does it: it may stay after ETIMEDOUT, as long as its
 * system call hangs.  Needs /proc.  No capability is needed after it.
 */
int connect_server(struct client *c, const char *root, const char *path,
    pid_t leader);

/*
 * connect_request - request a session
 *
 * Makes pipes, or a socket pair for a terminal, and sends the other ends.  Returns 0, or -1 with errno E2BIG, ETIMEDOUT (the server reads
 * nothing for CONNECT_MS), or that of the call that failed.
 */
int connect_request(struct client *c, const struct proto_request *req);

#endif
