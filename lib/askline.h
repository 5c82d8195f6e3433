/* SPDX-License-Identifier: MIT */
#ifndef ASKLINE_H
#define ASKLINE_H

#include <stdbool.h>

#include "ask.h"
#include "ctrnet.h"
#include "why.h"

enum askline_verb {
	ASKLINE_ADD, ASKLINE_DEL, ASKLINE_SHOW, ASKLINE_BATCH,
	ASKLINE_HELP, ASKLINE_VERSION,
};

/* What a command line of mkveth asks for. */
struct askline {
	enum askline_verb verb;
	const char *name;	/* the container, or NULL: all, or none */
	char netns[IFNAME_ALT_SIZE];
	bool check;		/* --check */
	bool no_route;		/* -D */
	bool json;		/* -j */
	bool wait;		/* -w */
	bool keep_going;	/* -k */
	bool which;		/* -i or -n */
	struct ctrnet net;
};

/*
 * askline_read - read a command line, as main gets it
 *
 * The words are put in another order, and ask points to them and into
 * itself.  Returns 0, or -1 with why.
 */
int askline_read(int argc, char *argv[], struct askline *ask,
    struct why *why);

#endif
