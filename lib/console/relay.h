/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_RELAY_H
#define CONSOLE_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Through a terminal, 32 KiB take 0.8 of the time of 8 KiB if system calls are
 * expensive.  If they are cheap, 64 KiB take a third more, as reader and
 * writer wait for each other.  Pages that no flow fills stay untouched.
 */
enum { RELAY_BUF = 32768 };

/* Where a flow is.  A struct relay that is all 0 has ended. */
enum relay_phase {
	RELAY_ENDED,
	RELAY_FLOWING,
	RELAY_FINISHING,	/* moves what the source holds now, then ends */
	RELAY_CLOSING,		/* the source has ended; the buffer has not */
};

/* How a descriptor is read or written without blocking. */
enum relay_kind {
	RELAY_NONBLOCK,		/* it returns EAGAIN by itself */
	RELAY_SOCKET,		/* MSG_DONTWAIT makes it do so */
	RELAY_BLOCKING,		/* a little at a time, after poll(2) */
};

/*
 * A flow of bytes from one descriptor to another, without blocking.  Several
 * share one poll(2): relay_poll fills in what to wait for, relay_step moves
 * what can be moved.  Nothing more is read until the last read is written, so
 * back-pressure passes through.  Between pipes, or a pipe and a file, the
 * bytes are spliced and never copied to this process.
 */
struct relay {
	int from, to;		/* not owned */
	enum relay_phase phase;
	int error;		/* why it ended; 0: end of file */
	unsigned char last;	/* last byte copied; a newline at first */
	/* The caller may set these three after relay_init. */
	int (*inspect)(void *arg, const unsigned char *buf, size_t n);
	void *arg;		/* inspect gets it; < 0 ends the flow */
	bool copy;		/* never splice */
	/* The rest is relay.c's. */
	bool dst_full;
	enum relay_kind src, dst;
	size_t left;		/* how much more may be read */
	size_t off, have;	/* buf[off..have) is still to be written */
	unsigned char *buf;
};

static inline bool
relay_ended(const struct relay *r)
{
	return r->phase == RELAY_ENDED;
}

/*
 * relay_init - begin a flow; with a descriptor of -1 it has already ended
 *
 * Descriptors without O_NONBLOCK work too: sockets and pipes never block,
 * others are read and written a little at a time, after poll(2).  buf: of
 * RELAY_BUF bytes, untouched while bytes are spliced.
 */
void relay_init(struct relay *r, int from, int to, unsigned char *buf);

/* relay_poll - fill in two entries for poll(2) */
void relay_poll(const struct relay *r, struct pollfd p[2]);

/* relay_step - after poll(2): move bytes, and end the flow if it is over */
void relay_step(struct relay *r, const struct pollfd p[2]);

/* relay_end - end it now; error is an errno value or 0 */
void relay_end(struct relay *r, int error);

/* relay_resume - try again after an error that may be temporary */
void relay_resume(struct relay *r);

/*
 * relay_finish - move what the source holds now, then end
 *
 * most: the limit in bytes, for a writer that never stops.
 */
void relay_finish(struct relay *r, size_t most);

#endif
