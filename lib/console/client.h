/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CLIENT_H
#define CONSOLE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "console/proto.h"
#include "console/relay.h"

/*
 * The host's side of a session.  The container is untrusted: the socket may
 * be anything, and its server may say anything, or nothing.
 */
struct client {
	int ctl;		/* the control socket */
	int in, out, err;	/* our ends; a terminal: in == out, err -1 */
	struct winsize size;	/* as the server knows it */
	bool tty;		/* a terminal session */
	bool acked;		/* the command runs */
	int64_t ack_ms;		/* when it must have been acked */
	int status;		/* of the session, after client_run */
	int signal;		/* the one that ended this end, or 0 */
	bool left;		/* the user typed Ctrl-] three times */
	int asked;		/* signals so far that ask the command to end */
	char text[512];		/* the server's error message, or "" */
	struct proto_frame frame;

	/* The rest is client.c's. */
	struct relay to_in, from_out, from_err;
	int guard;		/* from tty_guard(), or -1 */
	bool raw;		/* standard input is; cooked is how it was */
	struct termios cooked;
	int escapes;		/* typed in a row, since escape_ms */
	int64_t escape_ms;
};

/*
 * client_run - be the near end of the session, until it is over
 *
 * Relays the bytes of 0, 1 and 2.  In a terminal session, if standard input is
 * a terminal, it is raw while the command runs, and restored on every way
 * out.  Returns 0 with c->status set, or with c->left, or with c->signal, of
 * which this process should die now.  Or returns -1 with errno ECONNRESET (the
 * session was lost), ETIMEDOUT (no answer from the server for CONNECT_MS),
 * EPROTO (a malformed answer), or EREMOTEIO (the server reports a failure)
 * with c->status and c->text.
 */
int client_run(struct client *c);

#endif
