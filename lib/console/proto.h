/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROTO_H
#define CONSOLE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

/*
 * The protocol between ctr-console in the host and ctr-console serve in the
 * container, over a stream socket of AF_UNIX:
 *
 *	client				server
 *	connects, bound to a labelled address
 *	REQUEST, with descriptors
 *					ACK (or ERROR)
 *	WINSIZE, SIGNAL ...
 *					EXIT or ERROR; the end
 *
 * The bytes of the session do not travel in frames, but through the descriptors
 * sent with REQUEST: three pipes (standard input, output, error), or for a
 * terminal one end of a socket pair.  A frame is two uint32_t, the length of
 * the data and the type, and the data.  Both sides are on one machine, so
 * integers are in host byte order.
 */

/*
 * The client sends this before its first frame.  If a plain shell is listening,
 * as in a system with socat as the server, the shell exits and does not run any
 * part of the request.
 */
#define PROTO_MAGIC "exit 125 #  ctr-console\n"

/*
 * Our clients are recognised by the abstract address they are bound to: this
 * label, the version, a slash, random digits.  Nothing listens on it.
 */
#define PROTO_LABEL "ctr-console/"
enum { PROTO_VERSION = 1 };

enum {
	PROTO_REQUEST = 1,	/* see struct proto_request */
	PROTO_ACK,		/* uint32_t version: the command runs */
	PROTO_WINSIZE,	/* uint16_t rows, columns, x and y pixels */
	PROTO_SIGNAL,	/* uint32_t number; not with a terminal */
	PROTO_EXIT,		/* uint32_t status, 0 to 255 */
	PROTO_ERROR,		/* uint32_t status, 125 to 127, then text */
};

enum {
	PROTO_SMALL = 1024,		/* longest frame but for a request */
	PROTO_BIG = 2 << 20,		/* longest request */
	PROTO_FDS = 3,		/* most descriptors of a request */
};

/* An incoming frame.  Start with have = 0; the rest is proto_recv's. */
struct proto_frame {
	uint32_t len, type;
	unsigned char data[PROTO_SMALL];
	size_t have;
};

/* A client's request.  Strings that are not given are "", lists empty. */
struct proto_request {
	bool tty;
	struct winsize size;		/* all 0: not known */
	const char *user, *cwd, *term;
	char **argv, **env;		/* each ends with NULL */
};

enum proto_peer { PROTO_PLAIN, PROTO_OURS, PROTO_ALIEN };

/*
 * proto_bind - bind the socket to an address that marks it as a client's
 *
 * Returns 0, or -1 with the errno of getrandom(2) or bind(2).
 */
int proto_bind(int fd);

/*
 * proto_peer - what kind of client is at the other end?
 *
 * Known at once, without reading: a plain peer may never send anything.
 * PROTO_ALIEN: a client of another version.  This is a label, not a proof:
 * SO_PEERCRED identifies the peer.
 */
enum proto_peer proto_peer(int fd);

/*
 * proto_send - send a small frame without waiting
 *
 * Returns 0, or -1 with the errno of send(2); a frame is sent whole or not
 * at all.  len is at most PROTO_SMALL.
 */
int proto_send(int fd, uint32_t type, const void *data, size_t len);

/* proto_send_u32 - the same for a frame that is one number */
int proto_send_u32(int fd, uint32_t type, uint32_t value);

/* proto_send_error - send ERROR with "text: strerror(error)", 0: no error */
int proto_send_error(int fd, int status, const char *text, int error);

/*
 * proto_recv - receive a small frame without waiting
 *
 * Returns 1 and the frame (set f->have = 0 before the next), 0 if it is not
 * complete yet, or -1 with errno ECONNRESET (the peer is gone), EPROTO (too
 * long, cut off, or with descriptors, which the kernel closes), or recv(2)'s.
 */
int proto_recv(int fd, struct proto_frame *f);

/* proto_u32 - the number at the start of a frame's data; -1: too short */
int64_t proto_u32(const struct proto_frame *f);

/*
 * proto_send_request - send the request with n descriptors
 *
 * Waits as long as the socket's SO_SNDTIMEO.  Returns 0, or -1 with errno
 * E2BIG, ENOMEM, ETIMEDOUT or sendmsg(2)'s.  The descriptors stay open here.
 */
int proto_send_request(int fd, const struct proto_request *req,
    const int *fds, int n);

/*
 * proto_recv_request - wait for the request and its descriptors
 *
 * max: the longest accepted, in bytes.  Fills *req (memory that is never
 * freed), fds with O_CLOEXEC descriptors that the caller owns, *n with how
 * many.  Returns 0, or -1 with errno EPROTO, ECONNRESET, ENOMEM or that of
 * recvmsg(2); descriptors may then be left open.
 */
int proto_recv_request(int fd, size_t max, struct proto_request *req,
    int fds[PROTO_FDS], int *n);

#endif
