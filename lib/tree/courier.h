/* SPDX-License-Identifier: MIT */
#ifndef TREE_COURIER_H
#define TREE_COURIER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/errmsg.h"

/* A command whose input or output this process makes or reads, such as a session. */
struct courier {
	int fd;			/* the other end, or -1 */
	bool said;		/* it wrote to standard error; after courier_end */
	/* the rest is courier.c's */
	int words;
	pid_t pid, teller;
};

/*
 * courier_start - start the command
 *
 * feeds: its standard input is read from fd, else its standard output is written to it.
 * What it writes to standard error is printed with control characters made visible,
 * up to a limit, as the words may be a container's.  A signal ends it and, if it feeds
 * this process, fd, as tree/interrupt.h has it; so does the end of this process.
 * SIGPIPE is ignored.  Only one at once.
 * Returns 0, or -1 and why.
 */
int courier_start(struct courier *c, char *const argv[], bool feeds, struct errmsg *why);

/* courier_pass - the same, with fd as its standard input (0) or output (1) */
int courier_pass(struct courier *c, char *const argv[], int standard, int fd,
    struct errmsg *why);

/* courier_end - close fd, and wait for the command; returns its status, 128 + signal */
int courier_end(struct courier *c);

#endif
