/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H

#include <stdbool.h>

/* The programs to run by default: names found in PATH, or paths. */
struct session_conf {
	const char *login, *shell;
};

/*
 * session - serve one connection in a process of its own, to its end
 *
 * Call it in a fresh child, in which only 0, 1 and 2 of the server's descriptors
 * are open.  conn: the connection.  root: it came through the root shell's
 * socket and the peer is the host's root; otherwise it only gets a login.
 * ours: the peer uses the protocol of proto.h.  A plain peer gets a login on a
 * terminal, or a shell with the connection itself as standard input, output
 * and error.
 */
_Noreturn void session(int conn, bool root, bool ours,
    const struct session_conf *conf);

#endif
