/* SPDX-License-Identifier: MIT */
#ifndef BASE_EACH_H
#define BASE_EACH_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/errmsg.h"

enum { EACH_JOBS = 999 };	/* as many at once, at most */

/* A line of the input. */
struct each_line {
	char *text;
	bool done;		/* its command succeeded */
};

/* A command for each of several lines, several at once; begins with all zero. */
struct each {
	/* set by the caller */
	char **command;		/* of words words, with space for two more */
	int words;
	const char *label;	/* of lines of output, with {} for the line */
	int jobs;		/* so many at once, up to EACH_JOBS */
	int also;		/* a status that is no failure, or 0 */
	/* what became of it */
	struct each_line *line;
	size_t lines;
	int failures;
	bool also_seen;		/* a command exited with that status */
	bool stopped;		/* by a signal */
	/* used by each_run only */
	struct each_slot *slot;
	size_t next;
	int running;
	sigset_t before;
};

/*
 * each_read - read the lines; empty ones are left out
 *
 * Returns 0, or -1 with errno.
 */
int each_read(struct each *e, FILE *in);

/*
 * each_run - run the command for each line, which becomes its last argument
 *
 * A command gets a session of its own, an empty standard input, and pipes whose lines
 * are copied behind the label (base/label.h).  If this process is killed, it gets
 * SIGTERM.  On SIGINT, SIGTERM and SIGHUP all processes of all sessions get SIGTERM,
 * once, and nothing more is begun.  Returns 0 when all that began have ended, or -1 and
 * why: some may run then.
 */
int each_run(struct each *e, struct errmsg *why);

/* each_free - the lines */
void each_free(struct each *e);

#endif
