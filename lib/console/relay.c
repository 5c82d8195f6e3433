/* SPDX-License-Identifier: MIT */
/* relay.c - move bytes between descriptors, by splice(2) if possible */
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
	ROUNDS = 16,		/* moves before other flows get a turn */
	MORE = 2048,		/* after a read this long, more is likely */
	SPLICE_MAX = 1 << 20,
};

static enum relay_kind
kind_of(int fd, const struct stat *st)
{
	if (S_ISSOCK(st->st_mode))
		return RELAY_SOCKET;
	if (fcntl(fd, F_GETFL) & O_NONBLOCK)
		return RELAY_NONBLOCK;
	return RELAY_BLOCKING;
}

/* can_splice - one of the two must be a pipe, and the other a pipe or file */
static bool
can_splice(mode_t in, mode_t out)
{
	if (S_ISFIFO(in))
		return S_ISFIFO(out) || S_ISREG(out);
	return S_ISREG(in) && S_ISFIFO(out);
}

void
relay_init(struct relay *r, int from, int to, unsigned char *buf)
{
	struct stat in, out;

	*r = (struct relay){ .from = from, .to = to, .buf = buf,
	    .last = '\n', .left = SIZE_MAX };
	if (from < 0 || to < 0)
		return;
	if (fstat(from, &in) < 0 || fstat(to, &out) < 0) {
		relay_end(r, errno);
		return;
	}
	r->phase = RELAY_FLOWING;
	r->copy = !can_splice(in.st_mode, out.st_mode);
	r->src = kind_of(from, &in);
	r->dst = kind_of(to, &out);
	if (S_ISREG(out.st_mode))
		r->dst = RELAY_NONBLOCK;	/* poll(2) always says yes */
}

void
relay_end(struct relay *r, int error)
{
	r->phase = RELAY_ENDED;
	r->error = error;
}

void
relay_resume(struct relay *r)
{
	r->phase = RELAY_FLOWING;
	r->error = 0;
}

void
relay_finish(struct relay *r, size_t most)
{
	if (r->phase == RELAY_FLOWING)
		r->phase = RELAY_FINISHING;
	r->left = most;
}

void
relay_poll(const struct relay *r, struct pollfd p[2])
{
	p[0] = p[1] = (struct pollfd){ .fd = -1 };
	if (relay_ended(r))
		return;
	/* Without events, only errors are reported: the reader went away. */
	p[1].fd = r->to;
	if (r->dst_full || r->off < r->have)
		p[1].events = POLLOUT;
	else
		p[0] = (struct pollfd){ .fd = r->from, .events = POLLIN };
}

static bool
not_ready(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* source_empty - a flow that is finishing ends here; returns false */
static bool
source_empty(struct relay *r)
{
	if (r->phase == RELAY_FINISHING)
		relay_end(r, 0);
	return false;
}

static size_t
at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

/* is_readable - does the source hold bytes now? */
static bool
is_readable(int fd)
{
	int bytes = 0;

	return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

/* The two movers below return true if another round may move more. */

static bool
move_spliced(struct relay *r)
{
	ssize_t n = splice(r->from, NULL, r->to, NULL,
	    at_most(r->left, SPLICE_MAX), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (n < 0 && errno == EINVAL) {
		r->copy = true;		/* O_APPEND, an odd file system */
		return true;
	}
	if (n < 0 && not_ready()) {
		/* Either the source is empty or the destination full. */
		r->dst_full = is_readable(r->from);
		return !r->dst_full && source_empty(r);
	}
	if (n <= 0) {
		relay_end(r, n < 0 ? errno : 0);
		return false;
	}
	r->left -= (size_t)n;
	return true;
}

static ssize_t
read_source(const struct relay *r, void *buf, size_t n)
{
	if (r->src == RELAY_SOCKET)
		return recv(r->from, buf, n, MSG_DONTWAIT);
	return read(r->from, buf, n);
}

/* fill - read until the source is empty or the buffer full */
static bool
fill(struct relay *r)
{
	r->off = r->have = 0;
	while (r->have < RELAY_BUF && r->left > 0) {
		unsigned char *p = r->buf + r->have;
		ssize_t n = read_source(r, p,
		    at_most(r->left, RELAY_BUF - r->have));

		if (n < 0 && not_ready())
			return r->have > 0 || source_empty(r);
		if (n <= 0) {
			r->phase = RELAY_CLOSING;
			r->error = n < 0 ? errno : 0;
			return true;
		}
		if (r->inspect && r->inspect(r->arg, p, (size_t)n) < 0) {
			relay_end(r, ECANCELED);
			return false;
		}
		r->have += (size_t)n;
		r->last = r->buf[r->have - 1];
		r->left -= (size_t)n;
		/* A second read could block: poll(2) allowed only one. */
		if (n < MORE || r->src == RELAY_BLOCKING)
			break;
	}
	return true;
}

static ssize_t
write_dest(const struct relay *r, const void *buf, size_t n)
{
	if (r->dst == RELAY_SOCKET)
		return send(r->to, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* poll(2) promises room for this much. */
	if (r->dst == RELAY_BLOCKING)
		n = at_most(n, PIPE_BUF);
	return write(r->to, buf, n);
}

static bool
flush(struct relay *r)
{
	while (r->off < r->have) {
		ssize_t n = write_dest(r, r->buf + r->off, r->have - r->off);

		if (n < 0 && not_ready()) {
			r->dst_full = true;
			return false;
		}
		if (n < 0) {
			relay_end(r, errno);
			return false;
		}
		r->off += (size_t)n;
		if (r->dst == RELAY_BLOCKING)
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
		if (r->dst == RELAY_BLOCKING && r->have > 0)
			return false;	/* poll(2) for room first */
	}
	return flush(r);
}

/* is_done - is everything that was to be read written? */
static bool
is_done(const struct relay *r)
{
	return r->off == r->have &&
	    (r->phase == RELAY_CLOSING || r->left == 0);
}

void
relay_step(struct relay *r, const struct pollfd p[2])
{
	if (relay_ended(r))
		return;
	if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL) &&
	    !(p[1].revents & POLLOUT)) {
		relay_end(r, EPIPE);
		return;
	}
	if (r->phase != RELAY_FINISHING && !p[0].revents && !p[1].revents)
		return;
	r->dst_full = false;
	for (int i = 0; i < ROUNDS; i++) {
		bool more;

		if (is_done(r))
			r->phase = RELAY_ENDED;
		if (relay_ended(r))
			return;
		if (r->copy)
			more = move_copied(r);
		else
			more = move_spliced(r);
		if (!more)
			return;
	}
}
