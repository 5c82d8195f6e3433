/* SPDX-License-Identifier: MIT */
/* loop.c - the session process at work: one loop for all that can happen */
#define _GNU_SOURCE
#include "console/loop.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "console/proto.h"
#include "base/exits.h"
#include "base/fd.h"
#include "console/relay.h"
#include "console/tty.h"

enum {
	KILL_MS = 5000,
	/*
	 * How often to look, after the end of the peer's input, whether its
	 * end of file must be typed again: it is gone once somebody read it, or
	 * flushed what was typed ahead, as login(1) does before a password.
	 * Nor is it typed sooner after the start: a command that has just begun
	 * may be about to make the terminal raw.
	 */
	EOF_MS = 200,
	/* login(1) may close the terminal for a moment, to call vhangup(2). */
	REOPEN_MS = 20,
	PTY_MOST = 1 << 18,	/* more than a terminal of Linux can hold */
};

static struct relay in, out;
static bool dead, doomed;	/* the command has ended; it shall */
static bool gone;		/* the peer is */
static int status;
static int64_t kill_ms, eof_ms;
static const struct pollfd idle[2] = { { .fd = -1 }, { .fd = -1 } };

int
loop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	/* Under SIG_IGN, which the server has, there is nothing to wait for. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
signal_group(const struct session_loop *a, int sig)
{
	if (dead)
		return;
	/* It may not have come to lead its group yet. */
	if (kill(-a->child, sig) < 0)
		(void)kill(a->child, sig);	/* not reaped: it exists */
}

static void
drop(int *fd)
{
	if (*fd >= 0)
		close(fd_take(fd));
}

/* cut - the terminal's line is dead; the kernel tells all who have it */
static void
cut(struct session_loop *a)
{
	relay_end(&in, 0);
	relay_end(&out, 0);
	drop(&a->slave);
	drop(&a->master);
	signal_group(a, SIGHUP);
}

/*
 * hang_up - the peer is gone
 *
 * A command that heeds no SIGHUP goes on.  We stay with it, for who else
 * would end it at a shutdown?
 */
static void
hang_up(struct session_loop *a)
{
	gone = true;
	cut(a);
	signal_group(a, SIGCONT);
	drop(&a->stream);
	drop(&a->ctl);
}

static void
doom(struct session_loop *a)
{
	if (doomed)
		return;
	doomed = true;
	kill_ms = clock_ms() + KILL_MS;
	cut(a);
	signal_group(a, SIGTERM);
	signal_group(a, SIGCONT);
}

static void
reap(struct session_loop *a)
{
	int w;

	if (dead || waitpid(a->child, &w, WNOHANG) != a->child)
		return;
	dead = true;
	status = WIFSIGNALED(w) ? 128 + WTERMSIG(w) : WEXITSTATUS(w);
	relay_end(&in, 0);
	/* All it wrote is there to read, though not yet read. */
	relay_finish(&out, PTY_MOST);
	relay_step(&out, idle);
}

static void
take_signals(struct session_loop *a)
{
	struct signalfd_siginfo si;

	while (read(a->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGTERM)
			doom(a);
		else
			reap(a);
	}
}

static void
take_size(const struct session_loop *a, const struct proto_frame *f)
{
	uint16_t v[4];
	struct winsize ws;

	if (f->len != sizeof(v) || a->master < 0)
		return;
	memcpy(v, f->data, sizeof(v));
	ws = (struct winsize){ v[0], v[1], v[2], v[3] };
	(void)ioctl(a->master, TIOCSWINSZ, &ws);	/* only looks suffer */
}

static void
take_frames(struct session_loop *a)
{
	static struct proto_frame f;
	int64_t sig;
	int r = 0;

	while (!gone && (r = proto_recv(a->ctl, &f)) > 0) {
		f.have = 0;
		sig = proto_u32(&f);
		if (f.type == PROTO_WINSIZE)
			take_size(a, &f);
		else if (f.type == PROTO_SIGNAL && a->stream < 0 &&
		    sig > 0 && sig < NSIG)
			signal_group(a, (int)sig);
		else
			hang_up(a);
	}
	if (r < 0)
		hang_up(a);
}

/*
 * end_input - press the terminal's end-of-file key, if it means that now
 *
 * A terminal in another mode would hand it over as a byte, or echo it.  One
 * that was pressed and not read yet is enough.
 */
static void
end_input(const struct session_loop *a)
{
	static bool pressed;
	int eof = tty_eof(a->master), n = 1;
	unsigned char key[2] = { (unsigned char)eof, (unsigned char)eof };

	eof_ms = clock_ms() + EOF_MS;
	if (eof < 0 || (pressed && tty_unread(a->master)))
		return;
	/* After part of a line, one to hand that over and one to end. */
	if (in.last != '\n')
		n = 2;
	in.last = '\n';
	pressed = true;
	(void)!write(a->master, key, (size_t)n);	/* full: next time */
}

/*
 * after_relay - what the ends of the flows mean
 *
 * Returns false if a flow is to be tried again after REOPEN_MS.
 */
static bool
after_relay(struct session_loop *a)
{
	bool closed = false;

	if (dead || doomed || a->stream < 0)
		return true;
	if ((out.ended && out.error != EIO) || (in.ended && in.error != EIO &&
	    in.error != EPIPE && in.error != 0)) {
		hang_up(a);
		return true;
	}
	if (in.ended && in.error == 0 && clock_ms() >= eof_ms)
		end_input(a);
	if (out.ended) {
		relay_resume(&out);
		closed = true;
	}
	if (in.ended && in.error != 0) {
		relay_resume(&in);
		closed = true;
	}
	return !closed;
}

static int
timeout_ms(const struct session_loop *a)
{
	int64_t end, left;

	if (doomed)
		end = kill_ms;
	else if (a->stream >= 0 && in.ended && in.error == 0 && !dead)
		end = eof_ms;
	else
		return -1;
	left = end - clock_ms();
	return left < 0 ? 0 : (int)left;
}

static void
turn(struct session_loop *a)
{
	struct pollfd p[6] = {
		{ .fd = a->signals, .events = POLLIN },
		{ .fd = a->ctl, .events = POLLIN },
	};

	relay_poll(&in, p + 2);
	relay_poll(&out, p + 4);
	if (poll(p, 6, timeout_ms(a)) < 0 && errno != EINTR)
		_exit(EXIT_TOOL);	/* out of memory: as if we were killed */
	if (p[1].revents)
		take_frames(a);
	if (p[0].revents)
		take_signals(a);
	relay_step(&in, p + 2);
	relay_step(&out, p + 4);
	if (!after_relay(a))
		(void)poll(p, 1, REOPEN_MS);	/* a child's end is seen */
	if (doomed && clock_ms() >= kill_ms) {
		signal_group(a, SIGKILL);
		kill_ms += KILL_MS;	/* it may be stuck in the kernel */
	}
}

void
loop_run(struct session_loop *a)
{
	static unsigned char bufs[2][RELAY_BUF];
	char rest[4096];

	eof_ms = clock_ms() + EOF_MS;
	relay_init(&in, a->stream, a->master, bufs[0]);
	relay_init(&out, a->master, a->stream, bufs[1]);
	do
		turn(a);
	while (!dead || !out.ended);
	if (a->stream >= 0) {
		/* Input that nobody reads would make the peer's end an error. */
		while (recv(a->stream, rest, sizeof(rest), MSG_DONTWAIT) > 0)
			;
		(void)shutdown(a->stream, SHUT_WR);	/* it may be gone */
	}
	if (a->ctl >= 0)
		(void)proto_send_u32(a->ctl, PROTO_EXIT, (uint32_t)status);
	/* The peer was woken for this processor: our own end can wait. */
	(void)sched_yield();
	_exit(0);
}
