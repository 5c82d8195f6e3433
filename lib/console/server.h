/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SERVER_H
#define CONSOLE_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "console/session.h"

/* One of the two sockets.  Set path, mode and name; fd and dir are -1. */
struct server_socket {
	const char *path;
	mode_t mode;
	const char *name;	/* in LISTEN_FDNAMES */
	bool root;		/* only the host's root may use it */
	int fd;
	int dir;		/* where it was made, or -1 */
	dev_t dev;
	ino_t ino;
};

/*
 * server_inherit - take listening sockets from systemd
 *
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and removes them.  Returns
 * how many of the n sockets it set, 0 if this process got none, or -1 with
 * errno EBADF (an unknown name, or not a listening stream socket).
 * Source: sd_listen_fds(3).
 */
int server_inherit(struct server_socket *socks, int n);

/*
 * server_listen - make the socket at its path
 *
 * It appears with its mode, ready for connections, and replaces an older
 * socket; anything else is left unchanged (EEXIST).  Returns 0 or -1.
 */
int server_listen(struct server_socket *s);

/* server_unlink - remove the socket, if made by us and still that one */
void server_unlink(struct server_socket *s);

/*
 * server_ready - report that the server listens
 *
 * Sends READY=1 to $NOTIFY_SOCKET, if set, and a newline to fd, if that is
 * not -1, and closes it.  Returns 0 or -1.  Source: sd_notify(3); s6.
 */
int server_ready(int fd);

/*
 * server_loop - serve until SIGTERM, SIGINT or SIGHUP
 *
 * Each connection gets a process of its own, which keeps running when this
 * one ends.  Call server_signals before the sockets are made.
 * Returns 0, or -1 with the errno of poll(2) or accept(2).
 */
int server_signals(void);
int server_loop(const struct server_socket *socks, int n,
    const struct session_conf *conf);

#endif
