/* SPDX-License-Identifier: MIT */
/* client.c - the host's end of a session, until it is over */
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
	ESCAPE = 0x1d,		/* ^] */
	ESCAPES = 3,		/* so many ... */
	ESCAPE_MS = 1000,	/* ... within this */
};

static struct relay in = { .ended = true }, out = { .ended = true },
    err = { .ended = true };
static const struct pollfd idle[2] = { { .fd = -1 }, { .fd = -1 } };
static struct termios cooked;		/* what to restore if raw */
static bool raw;

/* take_error - the server says that something failed; its words are cleaned */
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

		c->text[i] = b < 0x20 || b > 0x7e ? '?' : (char)b;
	}
	c->text[n] = '\0';
	c->status = (int)status;
	errno = EREMOTEIO;
	return -1;
}

/* begin_raw - with somebody there to restore it, should we be killed */
static int
begin_raw(void)
{
	int guard = -1;

	if (tcgetattr(STDIN_FILENO, &cooked) == 0)
		guard = tty_guard(STDIN_FILENO, &cooked);
	raw = tty_raw(STDIN_FILENO, &cooked) == 0;
	return guard;
}

static void
raw_again(void)
{
	struct termios t;

	if (raw)
		(void)tty_raw(STDIN_FILENO, &t);	/* it may be gone */
}

/* stop - the shell that goes on meanwhile gets its terminal as it was */
static void
stop(void)
{
	if (raw)
		tty_restore(STDIN_FILENO, &cooked);
	raise(SIGSTOP);		/* when it is over, there is a SIGCONT */
}

static void
send_size(struct client *c)
{
	struct winsize ws;
	uint16_t v[4];

	tty_size(STDIN_FILENO, &ws);
	if (!memcmp(&ws, &c->size, sizeof(ws)))
		return;
	c->size = ws;
	memcpy(v, (uint16_t[]){ ws.ws_row, ws.ws_col, ws.ws_xpixel,
	    ws.ws_ypixel }, sizeof(v));
	/* A server that has stopped reading does without. */
	(void)proto_send(c->ctl, PROTO_WINSIZE, v, sizeof(v));
}

/* catch_signals - a signalfd for those that mean something here */
static int
catch_signals(bool tty)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1,
	    SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP };
	const size_t n = sizeof(sigs) / sizeof(*sigs) - !tty;
	struct sigaction sa;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < n; i++) {
		/* What nohup(1) or a shell ignores stays ignored. */
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

/* take_signals - pass on, or with a terminal of ours, leave */
static void
take_signals(struct client *c, int fd, bool tty)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGWINCH || si.ssi_signo == SIGCONT) {
			if (si.ssi_signo == SIGCONT)
				raw_again();
			if (tty)
				send_size(c);
		} else if (si.ssi_signo == SIGTSTP) {
			stop();
		} else if (tty) {
			c->signal = (int)si.ssi_signo;
		} else {
			/* If it cannot be sent, SIGKILL is still there. */
			(void)proto_send_u32(c->ctl, PROTO_SIGNAL,
			    si.ssi_signo);
		}
	}
}

/* finish - the command has ended: move what it left, wait for no more */
static void
finish(struct relay *r, int from)
{
	int there = 0;

	if (r->ended)
		return;
	if (ioctl(from, FIONREAD, &there) < 0)
		there = 0;
	relay_finish(r, (size_t)there);
	relay_step(r, idle);
}

/* take_frame - returns 0 to go on, 1 at the end, -1 if it is a bad one */
static int
take_frame(struct client *c)
{
	const struct proto_frame *f = &c->frame;
	int r = proto_recv(c->ctl, &c->frame);
	int64_t v;

	if (r <= 0)
		return r;
	c->frame.have = 0;
	if (f->type == PROTO_ERROR)
		return take_error(c);
	v = f->len == sizeof(uint32_t) ? proto_u32(f) : -1;
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

/* ack_timeout - how long to wait at most, in poll(2)'s terms */
static int
ack_timeout(const struct client *c)
{
	int64_t left = c->ack_ms - clock_ms();

	return c->acked ? -1 : left < 0 ? 0 : (int)left;
}

/* look - is this the third ^] within a second? */
static int
look(void *arg, const unsigned char *buf, size_t n)
{
	static int64_t first_ms;
	static int seen;

	for (size_t i = 0; i < n; i++) {
		if (buf[i] != ESCAPE) {
			seen = 0;
			continue;
		}
		if (seen == 0 || clock_ms() - first_ms > ESCAPE_MS) {
			first_ms = clock_ms();
			seen = 0;
		}
		if (++seen == ESCAPES) {
			*(bool *)arg = true;
			return -1;
		}
	}
	return 0;
}

/* again_same - would opening it anew give the same, and do nothing else? */
static bool
again_same(int fd)
{
	enum { MEM = 1 };	/* the major number of /dev/null and its like */
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	return S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) &&
	    (major(st.st_rdev) == MEM || isatty(fd)));
}

/*
 * private - a descriptor of our own for one that we were given
 *
 * O_NONBLOCK belongs to the open file, which others share: open it anew
 * where that gives the same pipe or terminal.  Else the relay takes care.
 */
static int
private(int fd, int flags)
{
	char path[32];
	int own;

	if (!again_same(fd))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fd;
}

/* begin - the command runs: move what is for it, and what it says */
static void
begin(struct client *c, bool tty)
{
	static unsigned char bufs[3][RELAY_BUF];

	relay_init(&in, private(STDIN_FILENO, O_RDONLY), c->in, bufs[0]);
	relay_init(&out, c->out, private(STDOUT_FILENO, O_WRONLY), bufs[1]);
	relay_init(&err, c->err, tty ? -1 : private(STDERR_FILENO, O_WRONLY),
	    bufs[2]);
	if (tty && isatty(STDIN_FILENO)) {
		in.look = look;
		in.arg = &c->left;
		c->guard = begin_raw();
		send_size(c);
	}
}

/* after_relay - pass the ends of the flows on; false: leave */
static bool
after_relay(struct client *c, bool tty)
{
	if (c->left)
		return false;
	if (!c->acked)
		return true;
	if (tty && out.ended && out.error != 0 && out.error != ECONNRESET) {
		c->signal = SIGPIPE;	/* nobody sees the terminal */
		return false;
	}
	if (in.ended && c->in >= 0) {
		if (tty)
			(void)shutdown(c->in, SHUT_WR);	/* it may be gone */
		else
			close(c->in);
		c->in = -1;
	}
	if (!tty && out.ended && c->out >= 0)
		close(fd_take(&c->out));
	if (!tty && err.ended && c->err >= 0)
		close(fd_take(&c->err));
	return true;
}

/* loop - returns as take_frame; 0: left or stopped by a signal */
static int
loop(struct client *c, int signals, bool tty)
{
	int over = 0, e = 0, n;

	while (!over || !out.ended || !err.ended) {
		struct pollfd p[8] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = over ? -1 : c->ctl, .events = POLLIN },
		};
		bool acked = c->acked;

		relay_poll(&in, p + 2);
		relay_poll(&out, p + 4);
		relay_poll(&err, p + 6);
		if ((n = poll(p, 8, over ? -1 : ack_timeout(c))) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (p[0].revents)
			take_signals(c, signals, tty);
		relay_step(&in, p + 2);
		relay_step(&out, p + 4);
		relay_step(&err, p + 6);
		if (p[1].revents && (over = take_frame(c)) != 0) {
			e = errno;
			relay_end(&in, 0);
			finish(&out, c->out);
			finish(&err, c->err);
		}
		if (c->acked && !acked)
			begin(c, tty);
		if (!after_relay(c, tty) || (c->signal && (tty || over)))
			return 0;
	}
	errno = e;
	return over;
}

int
client_run(struct client *c, bool tty)
{
	auto_close int signals = catch_signals(tty);
	int r, e;

	if (signals < 0)
		return -1;
	r = loop(c, signals, tty);
	e = errno;
	if (raw)
		tty_restore(STDIN_FILENO, &cooked);
	tty_unguard(c->guard);
	errno = e;
	return r < 0 ? -1 : 0;
}
