/* SPDX-License-Identifier: MIT */
/* loop.c - the event loop of a session process */
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
	 * After the end of the peer's input, how often to check whether its
	 * end of file must be typed again.  A typed one disappears when it is
	 * read, or when the input is flushed, as login(1) does before it asks
	 * for a password.  This is also the delay before the first one: a
	 * command that has just started may be about to make the terminal raw.
	 */
	EOF_MS = 200,
	/* login(1) may close the terminal briefly, to call vhangup(2). */
	REOPEN_MS = 20,
	PTY_MOST = 1 << 18,	/* more than a Linux terminal can hold */
};

static const struct pollfd idle[2] = { { .fd = -1 }, { .fd = -1 } };

int
loop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	/* Under SIG_IGN, which the server sets, waitpid(2) finds nothing. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
signal_group(const struct session_loop *l, int sig)
{
	if (l->child_exited)
		return;
	/* The child may not lead its group yet. */
	if (kill(-l->child, sig) < 0)
		(void)kill(l->child, sig);	/* not reaped: it exists */
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(fd_take(fd));
}

/* close_terminal - its processes see a hangup */
static void
close_terminal(struct session_loop *l)
{
	relay_end(&l->in, 0);
	relay_end(&l->out, 0);
	close_fd(&l->slave);
	close_fd(&l->master);
	signal_group(l, SIGHUP);
}

/*
 * hang_up - the peer is gone
 *
 * A command that ignores SIGHUP keeps running.  This process stays with it,
 * as nothing else would end it at shutdown.
 */
static void
hang_up(struct session_loop *l)
{
	l->peer_gone = true;
	close_terminal(l);
	signal_group(l, SIGCONT);
	close_fd(&l->stream);
	close_fd(&l->ctl);
}

static void
begin_shutdown(struct session_loop *l)
{
	if (l->stopping)
		return;
	l->stopping = true;
	l->kill_ms = clock_ms() + KILL_MS;
	close_terminal(l);
	signal_group(l, SIGTERM);
	signal_group(l, SIGCONT);
}

static void
reap_child(struct session_loop *l)
{
	int w;

	if (l->child_exited || waitpid(l->child, &w, WNOHANG) != l->child)
		return;
	l->child_exited = true;
	if (WIFSIGNALED(w))
		l->status = 128 + WTERMSIG(w);
	else
		l->status = WEXITSTATUS(w);
	relay_end(&l->in, 0);
	/* All its output is in the terminal by now, maybe not yet read. */
	relay_finish(&l->out, PTY_MOST);
	relay_step(&l->out, idle);
}

static void
read_signals(struct session_loop *l)
{
	struct signalfd_siginfo si;

	while (read(l->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGTERM)
			begin_shutdown(l);
		else
			reap_child(l);
	}
}

static void
set_size(const struct session_loop *l, const struct proto_frame *f)
{
	uint16_t v[4];
	struct winsize ws;

	if (f->len != sizeof(v) || l->master < 0)
		return;
	memcpy(v, f->data, sizeof(v));
	ws = (struct winsize){ v[0], v[1], v[2], v[3] };
	(void)ioctl(l->master, TIOCSWINSZ, &ws);	/* only the layout suffers */
}

/* handle_frame - anything but a size or a valid signal ends the session */
static void
handle_frame(struct session_loop *l, const struct proto_frame *f)
{
	int64_t sig = proto_u32(f);

	if (f->type == PROTO_WINSIZE)
		set_size(l, f);
	else if (f->type == PROTO_SIGNAL && l->stream < 0 &&
	    sig > 0 && sig < NSIG)
		signal_group(l, (int)sig);
	else
		hang_up(l);
}

static void
read_frames(struct session_loop *l)
{
	while (!l->peer_gone) {
		int r = proto_recv(l->ctl, &l->frame);

		if (r == 0)
			return;
		if (r < 0) {
			hang_up(l);
			return;
		}
		l->frame.have = 0;
		handle_frame(l, &l->frame);
	}
}

/*
 * type_eof - type the terminal's end-of-file character, if it has one now
 *
 * In any mode but the canonical one, programs would read it as a byte, or it
 * would be echoed.  Nothing is typed while an earlier one is still unread.
 */
static void
type_eof(struct session_loop *l)
{
	int eof = tty_eof(l->master), n = 1;
	unsigned char key[2] = { (unsigned char)eof, (unsigned char)eof };

	l->eof_ms = clock_ms() + EOF_MS;
	if (eof < 0 || (l->eof_typed && tty_unread(l->master)))
		return;
	/* In the middle of a line the first one only hands the line over. */
	if (l->in.last != '\n')
		n = 2;
	l->in.last = '\n';
	l->eof_typed = true;
	(void)!write(l->master, key, (size_t)n);	/* full: next time */
}

/* input_at_eof - has the peer's input come to its end? */
static bool
input_at_eof(const struct session_loop *l)
{
	return relay_ended(&l->in) && l->in.error == 0;
}

/* peer_failed - did a flow end by an error of the peer's stream? */
static bool
peer_failed(const struct session_loop *l)
{
	/* The terminal's own errors are EIO, and EPIPE from its poll(2). */
	if (relay_ended(&l->out) && l->out.error != EIO)
		return true;
	return relay_ended(&l->in) && l->in.error != EIO && l->in.error != EPIPE &&
	    l->in.error != 0;
}

/*
 * handle_ended - act on flows that have ended
 *
 * Returns false if a flow should be tried again after REOPEN_MS.
 */
static bool
handle_ended(struct session_loop *l)
{
	bool reopened = false;

	if (l->child_exited || l->stopping || l->stream < 0)
		return true;
	if (peer_failed(l)) {
		hang_up(l);
		return true;
	}
	if (input_at_eof(l) && clock_ms() >= l->eof_ms)
		type_eof(l);
	if (relay_ended(&l->out)) {
		relay_resume(&l->out);
		reopened = true;
	}
	if (relay_ended(&l->in) && l->in.error != 0) {
		relay_resume(&l->in);
		reopened = true;
	}
	return !reopened;
}

static int
timeout_ms(const struct session_loop *l)
{
	int64_t end, left;

	if (l->stopping)
		end = l->kill_ms;
	else if (l->stream >= 0 && input_at_eof(l) && !l->child_exited)
		end = l->eof_ms;
	else
		return -1;
	left = end - clock_ms();
	return left < 0 ? 0 : (int)left;
}

static void
one_round(struct session_loop *l)
{
	struct pollfd p[6] = {
		{ .fd = l->signals, .events = POLLIN },
		{ .fd = l->ctl, .events = POLLIN },
	};

	relay_poll(&l->in, p + 2);
	relay_poll(&l->out, p + 4);
	if (poll(p, 6, timeout_ms(l)) < 0 && errno != EINTR)
		_exit(EXIT_TOOL);	/* out of memory: as if we were killed */
	if (p[1].revents)
		read_frames(l);
	if (p[0].revents)
		read_signals(l);
	relay_step(&l->in, p + 2);
	relay_step(&l->out, p + 4);
	if (!handle_ended(l))
		(void)poll(p, 1, REOPEN_MS);	/* a child's exit ends it */
	if (l->stopping && clock_ms() >= l->kill_ms) {
		signal_group(l, SIGKILL);
		l->kill_ms += KILL_MS;	/* it may be stuck in the kernel */
	}
}

/* end_stream - tell the peer that no more output comes */
static void
end_stream(const struct session_loop *l)
{
	char rest[4096];

	if (l->stream < 0)
		return;
	/* Unread input would turn the peer's end of file into an error. */
	while (recv(l->stream, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	(void)shutdown(l->stream, SHUT_WR);	/* the peer may be gone */
}

void
loop_run(struct session_loop *l)
{
	static unsigned char bufs[2][RELAY_BUF];

	l->eof_ms = clock_ms() + EOF_MS;
	relay_init(&l->in, l->stream, l->master, bufs[0]);
	relay_init(&l->out, l->master, l->stream, bufs[1]);
	do
		one_round(l);
	while (!l->child_exited || !relay_ended(&l->out));
	end_stream(l);
	if (l->ctl >= 0)
		(void)proto_send_u32(l->ctl, PROTO_EXIT, (uint32_t)l->status);
	/* The peer has been woken and may need this processor: let it run. */
	(void)sched_yield();
	_exit(0);
}
