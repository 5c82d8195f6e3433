/* SPDX-License-Identifier: MIT */
/* relay.c - bytes from here to there, spliced where the kernel can */
#define _GNU_SOURCE
#include "console/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ROUNDS = 16,		/* moves before the other flows get their turn */
	MORE = 2048,		/* a read this long is likely not the last */
	SPLICE_MAX = 1 << 20,
};

void
relay_init(struct relay *r, int from, int to, unsigned char *buf)
{
	struct stat in, out;

	r->from = from;
	r->to = to;
	r->buf = buf;
	r->ended = from < 0 || to < 0;
	r->error = 0;
	r->last = '\n';
	r->look = NULL;
	r->full = r->final = r->closing = r->timid = r->waits = false;
	r->copy = r->from_sock = r->to_sock = false;
	r->left = SIZE_MAX;
	r->off = r->have = 0;
	if (r->ended)
		return;
	if (fstat(from, &in) < 0 || fstat(to, &out) < 0) {
		relay_end(r, errno);
		return;
	}
	r->from_sock = S_ISSOCK(in.st_mode);
	r->to_sock = S_ISSOCK(out.st_mode);
	r->copy = !(S_ISFIFO(in.st_mode) &&
	    (S_ISFIFO(out.st_mode) || S_ISREG(out.st_mode))) &&
	    !(S_ISREG(in.st_mode) && S_ISFIFO(out.st_mode));
	r->waits = !r->from_sock && !(fcntl(from, F_GETFL) & O_NONBLOCK);
	r->timid = !r->to_sock && !S_ISREG(out.st_mode) &&
	    !(fcntl(to, F_GETFL) & O_NONBLOCK);
}

void
relay_end(struct relay *r, int error)
{
	r->ended = true;
	r->error = error;
}

void
relay_resume(struct relay *r)
{
	r->ended = r->closing = false;
	r->error = 0;
}

void
relay_finish(struct relay *r, size_t most)
{
	r->final = true;
	r->left = most;
}

void
relay_poll(const struct relay *r, struct pollfd p[2])
{
	p[0] = p[1] = (struct pollfd){ .fd = -1 };
	if (r->ended)
		return;
	/* Nothing but errors of the other end: a reader that went away. */
	p[1].fd = r->to;
	if (r->full || r->off < r->have)
		p[1].events = POLLOUT;
	else
		p[0] = (struct pollfd){ .fd = r->from, .events = POLLIN };
}

static bool
again(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* dry - nothing to read now; that is the end if nothing more is wanted */
static bool
dry(struct relay *r)
{
	if (r->final)
		relay_end(r, 0);
	return false;
}

static bool
move_spliced(struct relay *r)
{
	size_t want = r->left < SPLICE_MAX ? r->left : SPLICE_MAX;
	ssize_t n = splice(r->from, NULL, r->to, NULL, want,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	int there = 0;

	if (n < 0 && errno == EINVAL) {
		r->copy = true;		/* O_APPEND, an odd file system */
		return true;
	}
	if (n < 0 && again()) {
		/* Which of the two is it that cannot? */
		r->full = ioctl(r->from, FIONREAD, &there) == 0 && there > 0;
		return r->full ? false : dry(r);
	}
	if (n <= 0) {
		relay_end(r, n < 0 ? errno : 0);
		return false;
	}
	r->left -= (size_t)n;
	return true;
}

/* fill - read until nothing is left or the buffer is full */
static bool
fill(struct relay *r)
{
	r->off = r->have = 0;
	while (r->have < RELAY_BUF && r->left > 0) {
		size_t room = RELAY_BUF - r->have;
		size_t want = r->left < room ? r->left : room;
		ssize_t n = r->from_sock ?
		    recv(r->from, r->buf + r->have, want, MSG_DONTWAIT) :
		    read(r->from, r->buf + r->have, want);

		if (n < 0 && again())
			return r->have > 0 ? true : dry(r);
		if (n <= 0) {
			r->closing = true;
			r->error = n < 0 ? errno : 0;
			return true;
		}
		if (r->look && r->look(r->arg, r->buf + r->have, (size_t)n) < 0) {
			relay_end(r, ECANCELED);
			return false;
		}
		r->have += (size_t)n;
		r->last = r->buf[r->have - 1];
		r->left -= (size_t)n;
		/* One that may block gets one read for each poll. */
		if (n < MORE || r->waits)
			break;
	}
	return true;
}

static bool
flush(struct relay *r)
{
	while (r->off < r->have) {
		size_t len = r->have - r->off;
		ssize_t n;

		if (r->timid && len > PIPE_BUF)
			len = PIPE_BUF;
		n = r->to_sock ? send(r->to, r->buf + r->off, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL) :
		    write(r->to, r->buf + r->off, len);
		if (n < 0 && again()) {
			r->full = true;
			return false;
		}
		if (n < 0) {
			relay_end(r, errno);
			return false;
		}
		r->off += (size_t)n;
		if (r->timid)
			return false;
	}
	return true;
}

static bool
move_copied(struct relay *r)
{
	if (r->off == r->have) {
		if (!fill(r))
			return false;
		if (r->timid && r->have > 0)
			return false;	/* first ask whether there is room */
	}
	return flush(r);
}

void
relay_step(struct relay *r, const struct pollfd p[2])
{
	if (r->ended)
		return;
	if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL) &&
	    !(p[1].revents & POLLOUT)) {
		relay_end(r, EPIPE);
		return;
	}
	if (!r->final && !p[0].revents && !p[1].revents)
		return;
	r->full = false;
	for (int i = 0; i < ROUNDS; i++) {
		if (r->off == r->have && (r->closing || r->left == 0))
			r->ended = true;
		if (r->ended || !(r->copy ? move_copied(r) : move_spliced(r)))
			return;
	}
}
