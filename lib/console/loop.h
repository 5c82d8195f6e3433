/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_LOOP_H
#define CONSOLE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "console/proto.h"
#include "console/relay.h"

/*
 * The session process, from the start of its command to the end.  It waits
 * for the command, handles the client's frames, relays the bytes of a
 * terminal, and hangs up, as a modem would, when the peer is gone.
 */
struct session_loop {
	/* The caller sets these; all others are 0 at first. */
	int ctl;		/* the control socket; -1: plain peer */
	int stream;		/* the terminal's bytes; -1: no terminal */
	int master, slave;	/* the terminal; -1: none */
	int signals;		/* from loop_signals */
	pid_t child;		/* leads its own session and process group */

	/* The rest is loop.c's. */
	struct relay in, out;	/* stream to terminal, terminal to stream */
	bool child_exited, stopping, peer_gone;
	bool eof_typed;		/* at least once */
	int status;		/* of the child, once it has exited */
	int64_t kill_ms;	/* when to send SIGKILL, if stopping */
	int64_t eof_ms;		/* when to type the end of file again */
	struct proto_frame frame;
};

/*
 * loop_signals - block and receive SIGCHLD and SIGTERM
 *
 * Call it before forking the command, which must reset its signals.
 * Returns a signalfd(2), O_CLOEXEC, or -1 with errno.
 */
int loop_signals(void);

/*
 * loop_run - run the session until it is over, then exit
 *
 * The client receives the command's exit status.  If the peer goes away
 * first, the command gets SIGHUP; if it ignores that, it keeps running.  If
 * this process gets SIGTERM, the command gets SIGHUP and SIGTERM, and SIGKILL
 * after KILL_MS, so that no session delays a shutdown.
 */
_Noreturn void loop_run(struct session_loop *l);

#endif
