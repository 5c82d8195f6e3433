/* SPDX-License-Identifier: MIT */
/* client.c - the host's end of a session */
#define _GNU_SOURCE
#include "console/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exits.h"
#include "base/fd.h"
#include "console/relay.h"
#include "console/tty.h"

enum {
	ESCAPE = 0x1d,		/* Ctrl-] */
	ESCAPES = 3,		/* this many ... */
	ESCAPE_MS = 1000,	/* ... in this time leave the session */
	ASKED_MAX = 3,		/* so many signals do so as well */
};

static const struct pollfd idle[2] = { { .fd = -1 }, { .fd = -1 } };

/* take_error - the server reports a failure; its text is made printable */
static int
take_error(struct client *c)
{
	const struct proto_frame *f = &c->frame;
	int64_t status = proto_u32(f);
	size_t n = f->len - sizeof(uint32_t);

	if (status < EXIT_TOOL || status > EXIT_NOCMD ||
	    n >= sizeof(c->text)) {
		errno = EPROTO;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char b = f->data[sizeof(uint32_t) + i];

		if (b < 0x20 || b > 0x7e)
			b = '?';
		c->text[i] = (char)b;
	}
	c->text[n] = '\0';
	c->status = (int)status;
	errno = EREMOTEIO;
	return -1;
}

/* begin_raw - with a guard that restores the terminal if we are killed */
static void
begin_raw(struct client *c)
{
	if (tcgetattr(STDIN_FILENO, &c->cooked) == 0)
		c->guard = tty_guard(STDIN_FILENO, &c->cooked);
	c->raw = tty_raw(STDIN_FILENO, &c->cooked) == 0;
}

static void
raw_again(const struct client *c)
{
	struct termios t;

	if (c->raw)
		(void)tty_raw(STDIN_FILENO, &t);	/* it may be gone */
}

/* stop - suspend, with the terminal as the shell expects it */
static void
stop(const struct client *c)
{
	if (c->raw)
		tty_restore(STDIN_FILENO, &c->cooked);
	raise(SIGSTOP);		/* SIGCONT, which ends it, makes it raw again */
}

static void
send_size(struct client *c)
{
	struct winsize ws;
	uint16_t v[4];

	if (!c->tty)
		return;
	tty_size(STDIN_FILENO, &ws);
	if (!memcmp(&ws, &c->size, sizeof(ws)))
		return;
	c->size = ws;
	memcpy(v, (uint16_t[]){ ws.ws_row, ws.ws_col, ws.ws_xpixel,
	    ws.ws_ypixel }, sizeof(v));
	/* If the server no longer reads, it misses this. */
	(void)proto_send(c->ctl, PROTO_WINSIZE, v, sizeof(v));
}

/* catch_signals - returns a signalfd(2) for the signals handled here */
static int
catch_signals(bool tty)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1,
	    SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP };
	struct sigaction sa;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++) {
		/* Without a terminal to restore, SIGTSTP just stops us. */
		if (sigs[i] == SIGTSTP && !tty)
			continue;
		/* A signal that nohup(1) or a shell ignores stays ignored. */
		if (sigaction(sigs[i], NULL, &sa) < 0)
			return -1;
		if (sa.sa_handler != SIG_IGN)
			sigaddset(&set, sigs[i]);
	}
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* is_over - has this end had enough?  The command may ignore its signals. */
static bool
is_over(const struct client *c, int over)
{
	return c->signal && (c->tty || over || c->asked >= ASKED_MAX);
}

/* pass_signal - to the command, but the third that asks it to end ends this end */
static void
pass_signal(struct client *c, int sig)
{
	if (sig != SIGUSR1 && sig != SIGUSR2 && ++c->asked >= ASKED_MAX)
		c->signal = sig;
	/* If it cannot be sent, SIGKILL still works. */
	(void)proto_send_u32(c->ctl, PROTO_SIGNAL, (uint32_t)sig);
}

static void
handle_signal(struct client *c, int sig)
{
	switch (sig) {
	case SIGCONT:
		raw_again(c);
		send_size(c);	/* it may have changed meanwhile */
		break;
	case SIGWINCH:
		send_size(c);
		break;
	case SIGTSTP:
		stop(c);
		break;
	default:
		if (c->tty)
			c->signal = sig;
		else
			pass_signal(c, sig);
	}
}

static void
read_signals(struct client *c, int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		handle_signal(c, (int)si.ssi_signo);
}

/* finish_flow - the command has ended: move the rest of its output */
static void
finish_flow(struct relay *r)
{
	int bytes = 0;

	if (relay_ended(r))
		return;
	if (ioctl(r->from, FIONREAD, &bytes) < 0)
		bytes = 0;
	relay_finish(r, (size_t)bytes);
	relay_step(r, idle);
}

/* read_frame - returns 0 to go on, 1 at the end, -1 if it is malformed */
static int
read_frame(struct client *c)
{
	const struct proto_frame *f = &c->frame;
	int r = proto_recv(c->ctl, &c->frame);
	int64_t v = -1;

	if (r <= 0)
		return r;
	c->frame.have = 0;
	if (f->type == PROTO_ERROR)
		return take_error(c);
	if (f->len == sizeof(uint32_t))
		v = proto_u32(f);
	if (f->type == PROTO_ACK && v == PROTO_VERSION && !c->acked) {
		c->acked = true;
		return 0;
	}
	if (f->type == PROTO_EXIT && v >= 0 && v <= 255 && c->acked) {
		c->status = (int)v;
		return 1;
	}
	errno = EPROTO;
	return -1;
}

/* ack_timeout - how long poll(2) may wait, in its own terms */
static int
ack_timeout(const struct client *c)
{
	int64_t left;

	if (c->acked)
		return -1;
	left = c->ack_ms - clock_ms();
	return left < 0 ? 0 : (int)left;
}

/* detect_escape - look for three Ctrl-] within a second; < 0: found */
static int
detect_escape(void *arg, const unsigned char *buf, size_t n)
{
	struct client *c = arg;

	for (size_t i = 0; i < n; i++) {
		if (buf[i] != ESCAPE) {
			c->escapes = 0;
			continue;
		}
		if (c->escapes == 0 ||
		    clock_ms() - c->escape_ms > ESCAPE_MS) {
			c->escape_ms = clock_ms();
			c->escapes = 0;
		}
		c->escapes++;
		if (c->escapes == ESCAPES) {
			c->left = true;
			return -1;
		}
	}
	return 0;
}

/* can_reopen - does opening it again give the same file, and no side effect? */
static bool
can_reopen(int fd)
{
	enum { MEM = 1 };	/* major number of /dev/null and its like */
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (S_ISFIFO(st.st_mode))
		return true;
	return S_ISCHR(st.st_mode) &&
	    (major(st.st_rdev) == MEM || isatty(fd));
}

/*
 * private - a non-blocking descriptor of our own, if possible
 *
 * O_NONBLOCK belongs to the open file, which other processes share.  So a pipe
 * or terminal is opened again; anything else the relay handles as it is.
 */
static int
private(int fd, int flags)
{
	char path[32];
	int own;

	if (!can_reopen(fd))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return fd;
	return own;
}

/* begin_flows - the command runs: relay its input and output */
static void
begin_flows(struct client *c)
{
	static unsigned char bufs[3][RELAY_BUF];

	relay_init(&c->to_in, private(STDIN_FILENO, O_RDONLY), c->in, bufs[0]);
	relay_init(&c->from_out, c->out, private(STDOUT_FILENO, O_WRONLY),
	    bufs[1]);
	if (!c->tty)
		relay_init(&c->from_err, c->err,
		    private(STDERR_FILENO, O_WRONLY), bufs[2]);
	if (c->tty && isatty(STDIN_FILENO)) {
		c->to_in.inspect = detect_escape;
		c->to_in.arg = c;
		begin_raw(c);
		send_size(c);
	}
}

static void
close_ended(const struct relay *r, int *fd)
{
	if (relay_ended(r) && *fd >= 0)
		close(fd_take(fd));
}

/* handle_ended - pass the ends of the flows on; false: leave the session */
static bool
handle_ended(struct client *c)
{
	if (c->left)
		return false;
	if (!c->acked)
		return true;
	if (!c->tty) {
		close_ended(&c->to_in, &c->in);
		close_ended(&c->from_out, &c->out);
		close_ended(&c->from_err, &c->err);
		return true;
	}
	if (relay_ended(&c->from_out) && c->from_out.error != 0 &&
	    c->from_out.error != ECONNRESET) {
		c->signal = SIGPIPE;	/* our standard output is gone */
		return false;
	}
	if (relay_ended(&c->to_in) && c->in >= 0) {
		(void)shutdown(c->in, SHUT_WR);	/* the server may be gone */
		c->in = -1;
	}
	return true;
}

/* take_frame - read a frame; if it is the last one, finish the output */
static int
take_frame(struct client *c)
{
	int r = read_frame(c), e = errno;

	if (r != 0) {
		relay_end(&c->to_in, 0);
		finish_flow(&c->from_out);
		finish_flow(&c->from_err);
	}
	errno = e;
	return r;
}

static int
wait_events(struct client *c, struct pollfd *p, int n, int timeout_ms)
{
	int ready;

	relay_poll(&c->to_in, p + 2);
	relay_poll(&c->from_out, p + 4);
	relay_poll(&c->from_err, p + 6);
	ready = poll(p, (nfds_t)n, timeout_ms);
	if (ready == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	return ready;
}

/* run_session - returns as read_frame; 0: left, or ended by a signal */
static int
run_session(struct client *c, int signals)
{
	int over = 0, e = 0, timeout_ms;

	while (!over || !relay_ended(&c->from_out) ||
	    !relay_ended(&c->from_err)) {
		struct pollfd p[8] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = c->ctl, .events = POLLIN },
		};
		bool acked = c->acked;

		timeout_ms = ack_timeout(c);
		if (over)
			p[1].fd = timeout_ms = -1;
		if (wait_events(c, p, 8, timeout_ms) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (p[0].revents)
			read_signals(c, signals);
		relay_step(&c->to_in, p + 2);
		relay_step(&c->from_out, p + 4);
		relay_step(&c->from_err, p + 6);
		if (p[1].revents) {
			over = take_frame(c);
			e = errno;
		}
		if (c->acked && !acked)
			begin_flows(c);
		if (!handle_ended(c) || is_over(c, over))
			return 0;
	}
	errno = e;
	return over;
}

int
client_run(struct client *c)
{
	auto_close int signals = catch_signals(c->tty);
	int r, e;

	if (signals < 0)
		return -1;
	r = run_session(c, signals);
	e = errno;
	if (c->raw)
		tty_restore(STDIN_FILENO, &c->cooked);
	tty_unguard(c->guard);
	errno = e;
	return r < 0 ? -1 : 0;
}
