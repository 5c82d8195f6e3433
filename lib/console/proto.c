/* SPDX-License-Identifier: MIT */
/* proto.c - the frames of ctr-console, written and read */
#define _GNU_SOURCE
#include "console/proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
	HEAD = 8,
	MAGIC = sizeof(PROTO_MAGIC) - 1,
	TTY = 1,		/* flag of a request */
	SMALL = 1024,		/* a request that fits on the stack */
};

/* Room for the descriptors of a request. */
union control {
	struct cmsghdr head;
	char buf[CMSG_SPACE(sizeof(int[PROTO_FDS]))];
};

/* The start of a request; user, cwd, term, argv and env follow. */
struct wire_request {
	uint32_t flags;
	uint16_t rows, cols, xpixel, ypixel;
	uint32_t argc, envc;
};

int
proto_bind(int fd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	unsigned long long r;
	int n;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return -1;
	n = snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1,
	    PROTO_LABEL "%d/%016llx", PROTO_VERSION, r);
	return bind(fd, (struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n));
}

enum proto_peer
proto_peer(int fd)
{
	static const char label[] = "\0" PROTO_LABEL;
	const size_t label_len = sizeof(label) - 1;
	struct sockaddr_un sa;
	socklen_t len = sizeof(sa);
	char version[16];
	size_t n;

	memset(&sa, 0, sizeof(sa));
	if (getpeername(fd, (struct sockaddr *)&sa, &len) < 0 ||
	    len < offsetof(struct sockaddr_un, sun_path) + label_len ||
	    memcmp(sa.sun_path, label, label_len) != 0)
		return PROTO_PLAIN;
	n = (size_t)snprintf(version, sizeof(version), "%d/", PROTO_VERSION);
	if (memcmp(sa.sun_path + label_len, version, n) != 0)
		return PROTO_ALIEN;
	return PROTO_OURS;
}

int
proto_send(int fd, uint32_t type, const void *data, size_t len)
{
	struct { uint32_t len, type; unsigned char data[PROTO_SMALL]; } f;

	if (len > sizeof(f.data)) {
		errno = EMSGSIZE;
		return -1;
	}
	f.len = (uint32_t)len;
	f.type = type;
	if (len > 0)
		memcpy(f.data, data, len);
	/* It fits in one kernel buffer: all of it is sent, or EAGAIN. */
	if (send(fd, &f, HEAD + len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -1;
	return 0;
}

int
proto_send_u32(int fd, uint32_t type, uint32_t value)
{
	return proto_send(fd, type, &value, sizeof(value));
}

int
proto_send_error(int fd, int status, const char *text, int error)
{
	struct { uint32_t status; char text[512]; } e;
	int n;

	e.status = (uint32_t)status;
	if (error)
		n = snprintf(e.text, sizeof(e.text), "%s: %s", text,
		    strerror(error));
	else
		n = snprintf(e.text, sizeof(e.text), "%s", text);
	if (n >= (int)sizeof(e.text))
		n = sizeof(e.text) - 1;	/* a cut message is better than none */
	return proto_send(fd, PROTO_ERROR, &e,
	    sizeof(e.status) + (size_t)n);
}

/*
 * recv_some - recvmsg with no room for descriptors
 *
 * The kernel closes any that are sent, and sets MSG_CTRUNC.
 */
static ssize_t
recv_some(int fd, void *buf, size_t len, int flags)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do
		n = recvmsg(fd, &msg, flags);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && msg.msg_flags & MSG_CTRUNC) {
		errno = EPROTO;
		return -1;
	}
	return n;
}

int
proto_recv(int fd, struct proto_frame *f)
{
	for (;;) {
		size_t want = HEAD;
		ssize_t n;

		if (f->have >= HEAD && f->len > sizeof(f->data)) {
			errno = EPROTO;
			return -1;
		}
		if (f->have >= HEAD)
			want += f->len;
		if (f->have >= HEAD && f->have == want)
			return 1;
		n = recv_some(fd, (char *)f + f->have, want - f->have,
		    MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0 && errno != ECONNRESET)
			return -1;
		if (n <= 0) {
			errno = f->have ? EPROTO : ECONNRESET;
			return -1;
		}
		f->have += (size_t)n;
	}
}

int64_t
proto_u32(const struct proto_frame *f)
{
	uint32_t v;

	if (f->len < sizeof(v))
		return -1;
	memcpy(&v, f->data, sizeof(v));
	return v;
}

/* measure - add up a list's length in bytes; returns how many it holds */
static uint32_t
measure(char *const *list, size_t *bytes)
{
	uint32_t n;

	for (n = 0; list[n]; n++)
		*bytes += strlen(list[n]) + 1;
	return n;
}

static char *
pack(char *p, char *const *list)
{
	for (; *list; list++)
		p = stpcpy(p, *list) + 1;
	return p;
}

/* encode - the whole frame of a request, in small or on the heap */
static char *
encode(const struct proto_request *req, char small[SMALL], size_t *len)
{
	char *heads[] = { (char *)req->user, (char *)req->cwd,
	    (char *)req->term, NULL };
	struct wire_request w = {
		.flags = req->tty ? TTY : 0,
		.rows = req->size.ws_row, .cols = req->size.ws_col,
		.xpixel = req->size.ws_xpixel, .ypixel = req->size.ws_ypixel,
	};
	size_t bytes = sizeof(w);
	uint32_t head[2] = { 0, PROTO_REQUEST };
	char *buf = small, *p;

	(void)measure(heads, &bytes);
	w.argc = measure(req->argv, &bytes);
	w.envc = measure(req->env, &bytes);
	if (bytes > PROTO_BIG) {
		errno = E2BIG;
		return NULL;
	}
	if (MAGIC + HEAD + bytes > SMALL)
		buf = malloc(MAGIC + HEAD + bytes);
	if (!buf)
		return NULL;
	head[0] = (uint32_t)bytes;
	p = mempcpy(mempcpy(mempcpy(buf, PROTO_MAGIC, MAGIC), head, HEAD),
	    &w, sizeof(w));
	pack(pack(pack(p, heads), req->argv), req->env);
	*len = MAGIC + HEAD + bytes;
	return buf;
}

int
proto_send_request(int fd, const struct proto_request *req,
    const int *fds, int n)
{
	union control c;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	const size_t fd_bytes = sizeof(int) * (size_t)n;
	size_t len, done = 0;
	char small[SMALL], *buf = encode(req, small, &len);
	int e;

	if (!buf)
		return -1;
	memset(&c, 0, sizeof(c));
	c.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(fd_bytes),
	    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.head), fds, fd_bytes);
	msg.msg_control = &c;
	msg.msg_controllen = CMSG_SPACE(fd_bytes);
	while (done < len) {
		ssize_t r;

		iov = (struct iovec){ buf + done, len - done };
		r = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		/* The descriptors went with the first byte. */
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
		done += (size_t)r;
	}
	e = errno;
	if (buf != small)
		free(buf);
	errno = e;
	if (e == EAGAIN || e == EWOULDBLOCK)
		errno = ETIMEDOUT;
	if (done < len)
		return -1;
	return 0;
}

/* recv_head - the first bytes of a request, and the descriptors with them */
static int
recv_head(int fd, uint32_t head[2], int fds[PROTO_FDS], int *n)
{
	union control c;
	char magic[MAGIC];
	struct iovec iov[] = { { magic, MAGIC }, { head, HEAD } };
	/* Not CMSG_SPACE: it rounds up, to room for one more descriptor. */
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2,
	    .msg_control = &c,
	    .msg_controllen = CMSG_LEN(sizeof(int[PROTO_FDS])) };
	struct cmsghdr *h;
	ssize_t r;

	*n = 0;
	do
		r = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -1;
	if (r == 0) {
		errno = ECONNRESET;
		return -1;
	}
	h = CMSG_FIRSTHDR(&msg);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS) {
		*n = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(h), (size_t)*n * sizeof(int));
	}
	if (r != MAGIC + HEAD || msg.msg_flags & MSG_CTRUNC ||
	    memcmp(magic, PROTO_MAGIC, MAGIC) != 0) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

static int
recv_all(int fd, char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = recv_some(fd, p, len, 0);

		if (n < 0)
			return -1;
		if (n == 0) {
			errno = EPROTO;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* unpack - point n list entries at strings; returns what follows, or NULL */
static char *
unpack(char *p, const char *end, char **list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		char *nul = NULL;

		if (p < end)
			nul = memchr(p, 0, (size_t)(end - p));
		if (!nul)
			return NULL;
		list[i] = p;
		p = nul + 1;
	}
	list[n] = NULL;
	return p;
}

static int
decode(char *buf, size_t len, struct proto_request *req)
{
	struct wire_request w;
	const char *end = buf + len;
	char *heads[4], *p = buf + sizeof(w);

	if (len < sizeof(w))
		goto foul;
	memcpy(&w, buf, sizeof(w));
	/* Each string is a byte or more, so no count can exceed the length. */
	if (w.argc > len || w.envc > len || w.flags & ~(uint32_t)TTY)
		goto foul;
	req->tty = w.flags & TTY;
	req->size = (struct winsize){ w.rows, w.cols, w.xpixel, w.ypixel };
	req->argv = calloc(w.argc + 1, sizeof(char *));
	req->env = calloc(w.envc + 1, sizeof(char *));
	if (!req->argv || !req->env)
		return -1;
	p = unpack(p, end, heads, 3);
	if (p)
		p = unpack(p, end, req->argv, w.argc);
	if (p)
		p = unpack(p, end, req->env, w.envc);
	if (p != end)
		goto foul;
	req->user = heads[0];
	req->cwd = heads[1];
	req->term = heads[2];
	return 0;
foul:
	errno = EPROTO;
	return -1;
}

int
proto_recv_request(int fd, size_t max, struct proto_request *req,
    int fds[PROTO_FDS], int *n)
{
	uint32_t head[2];
	char *buf;

	if (recv_head(fd, head, fds, n) < 0)
		return -1;
	if (head[0] > max || head[1] != PROTO_REQUEST) {
		errno = EPROTO;
		return -1;
	}
	buf = malloc(head[0] + 1);
	if (!buf || recv_all(fd, buf, head[0]) < 0)
		return -1;
	return decode(buf, head[0], req);
}
