/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H

#include <stdbool.h>

/* What is run where the peer does not say: found in PATH, or paths. */
struct session_conf {
	const char *login, *shell;
};

/*
 * session - serve one connection in a process of its own, to its end
 *
 * Call it in a fresh child, with no descriptor of the server's open but 0, 1
 * and 2.  conn: the connection.  root: it came through the root shell's
 * socket and the peer has been found worthy of it; else a login is all it
 * gets.  ours: the peer speaks the protocol of proto.h.  A plain peer gets
 * a login on a terminal, or a shell that has the connection itself as its
 * standard input, output and error.
 */
_Noreturn void session(int conn, bool root, bool ours,
    const struct session_conf *conf);

#endif
