/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_LOOP_H
#define CONSOLE_LOOP_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * What a session process attends to, from the start of its command to the
 * end.  It waits for the command, passes on what the client asks, moves the
 * bytes of a terminal, and hangs up when the peer is gone, as a modem would.
 */
struct session_loop {
	int ctl;		/* the control socket; -1: plain peer */
	int stream;		/* the terminal's bytes; -1: no terminal */
	int master, slave;	/* the terminal; -1: none */
	int signals;		/* from loop_signals */
	pid_t child;		/* leads its own session and process group */
};

/*
 * loop_signals - block and receive SIGCHLD and SIGTERM
 *
 * Call it before the fork of the command, which must reset its signals.
 * Returns a signalfd(2), O_CLOEXEC, or -1 with errno.
 */
int loop_signals(void);

/*
 * loop_run - until the session is over, then exit
 *
 * The client is told the command's status.  A peer that goes away first: the
 * command gets SIGHUP, and goes on if it does not heed that.  SIGTERM
 * to this process: the command gets SIGHUP and SIGTERM, and SIGKILL if it is
 * there after KILL_MS, so that no session holds up a shutdown.
 */
_Noreturn void loop_run(struct session_loop *a);

#endif
