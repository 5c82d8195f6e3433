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
 *	connects, from an address of ours
 *	REQUEST, with descriptors
 *					ACK (or ERROR)
 *	WINSIZE, SIGNAL ...
 *					EXIT or ERROR; the end
 *
 * The bytes of the session do not go through frames: the descriptors of
 * REQUEST carry them, which are three pipes (standard input, output, error),
 * or for a terminal one end of a stream pair.  A frame is two uint32_t, the
 * length of what follows and the type, and data.  Both sides are on one
 * machine: integers are in its order.
 */

/*
 * What the client sends before its first frame.  If a plain shell listens
 * there, as in a system that has socat for a server, it obeys and runs
 * nothing of the request.
 */
#define PROTO_MAGIC "exit 125 #  ctr-console\n"

/*
 * A client of ours is known by the address it has bound: abstract, this
 * label, the version, a slash, random letters.  Nobody listens there.
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

/* A frame on its way in.  have = 0 to begin; the rest is proto_recv's. */
struct proto_frame {
	uint32_t len, type;
	unsigned char data[PROTO_SMALL];
	size_t have;
};

/* What a client asks for.  Strings are "" and lists empty where not given. */
struct proto_request {
	bool tty;
	struct winsize size;		/* all 0: not known */
	const char *user, *cwd, *term;
	char **argv, **env;		/* each ends with NULL */
};

enum proto_peer { PROTO_PLAIN, PROTO_OURS, PROTO_ALIEN };

/*
 * proto_bind - give the socket an address that says it is a client's
 *
 * Returns 0, or -1 with the errno of getrandom(2) or bind(2).
 */
int proto_bind(int fd);

/*
 * proto_peer - what kind of client is at the other end?
 *
 * Known at once and without reading: a plain peer may never say anything.
 * PROTO_ALIEN: a client of another version.  A label and no proof: who
 * the peer is says SO_PEERCRED.
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
 * all there yet, or -1 with errno ECONNRESET (the peer is gone), EPROTO (too
 * long, torn, or with descriptors, which are closed unseen), or recv(2)'s.
 */
int proto_recv(int fd, struct proto_frame *f);

/* proto_u32 - the number that a frame's data begin with; -1: too short */
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
