/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_RELAY_H
#define CONSOLE_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Through a terminal 32 KiB take 0.8 of the time that 8 KiB do where a system
 * call is dear; where it is cheap 64 KiB take a third more, for reader and
 * writer wait for each other.  What no flow fills stays untouched.
 */
enum { RELAY_BUF = 32768 };

/*
 * A flow of bytes from one descriptor to another, without waiting.  Several
 * share one poll(2): relay_poll says what to wait for, relay_step moves what
 * can be moved.  Nothing is read before what was read last is written, so
 * back-pressure passes through.  Between a pipe and a pipe or file the bytes
 * are spliced and never seen.
 */
struct relay {
	int from, to;		/* not owned */
	bool ended;
	int error;		/* why it ended; 0: end of file */
	unsigned char last;	/* byte that was copied; a newline at first */
	/* The caller may set these three after relay_init. */
	int (*look)(void *arg, const unsigned char *buf, size_t n);
	void *arg;		/* for look: ends the flow by returning < 0 */
	bool copy;		/* never splice */
	/* The rest is relay.c's. */
	bool full, final, closing, timid, waits, to_sock, from_sock;
	size_t left, off, have;
	unsigned char *buf;
};

/*
 * relay_init - begin a flow; with a descriptor of -1 it has ended already
 *
 * Descriptors that are not O_NONBLOCK are served too: sockets and pipes so
 * that nothing waits, others a little at a time and after poll(2).  buf: of
 * RELAY_BUF bytes, which are not touched where bytes are spliced.
 */
void relay_init(struct relay *r, int from, int to, unsigned char *buf);

/* relay_poll - fill two entries for poll(2) */
void relay_poll(const struct relay *r, struct pollfd p[2]);

/* relay_step - after poll(2): move bytes, set ended at the flow's end */
void relay_step(struct relay *r, const struct pollfd p[2]);

/* relay_end - end it now; error is an errno value or 0 */
void relay_end(struct relay *r, int error);

/* relay_resume - try again, after an end by an error that may pass */
void relay_resume(struct relay *r);

/*
 * relay_finish - move what is there by now, then end
 *
 * most: but no more than these bytes, for a writer that never stops.
 */
void relay_finish(struct relay *r, size_t most);

#endif
