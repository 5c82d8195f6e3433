/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CLIENT_H
#define CONSOLE_CLIENT_H

#include <stdbool.h>

#include "console/proto.h"

/*
 * The host's side of a session.  The container is an attacker: the socket
 * may be anything, and whoever listens may say anything, or nothing.
 */
struct client {
	int ctl;		/* the control socket */
	int in, out, err;	/* our ends; a terminal: in == out, err -1 */
	struct winsize size;	/* as the server knows it */
	bool acked;		/* the command runs */
	int64_t ack_ms;		/* until then it has to have */
	int status;		/* of the session, once client_run is back */
	int signal;		/* the one that ended this end, or 0 */
	int guard;		/* from tty_guard(), or -1 */
	bool left;		/* the user typed ^] three times */
	char text[512];		/* what the server said went wrong, or "" */
	struct proto_frame frame;
};

/*
 * client_run - be the session's near end, until it is over
 *
 * Moves the bytes of 0, 1 and 2.  With a terminal session whose standard
 * input is a terminal that one is raw from when the command runs, and restored
 * on every way out.  Returns 0 with c->status; or with c->left; or with c->signal, of which
 * this process should die now.  Or -1 with errno ECONNRESET (the session was
 * lost), ETIMEDOUT (the server says nothing for CONNECT_MS), EPROTO (what it
 * says is foul), or EREMOTEIO (it says that it failed) with c->status and
 * c->text.
 */
int client_run(struct client *c, bool tty);

#endif
