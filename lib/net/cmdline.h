/* SPDX-License-Identifier: MIT */
#ifndef NET_CMDLINE_H
#define NET_CMDLINE_H

#include <stdbool.h>

#include "net/request.h"
#include "net/network.h"
#include "base/errmsg.h"

enum cmdline_verb {
	CMDLINE_ADD, CMDLINE_DEL, CMDLINE_SHOW, CMDLINE_BATCH,
	CMDLINE_HELP, CMDLINE_VERSION,
};

/* What a command line of mkveth asks for. */
struct cmdline {
	enum cmdline_verb verb;
	const char *name;	/* the container, or NULL: all, or none */
	char netns[IFNAME_ALT_SIZE];
	bool check;		/* --check */
	bool no_route;		/* -D */
	bool json;		/* -j */
	bool wait;		/* -w */
	bool keep_going;	/* -k */
	bool which;		/* -i or -n */
	struct network net;
};

/*
 * cmdline_read - read a command line, as main gets it
 *
 * The words are put in another order, and ask points to them and into
 * itself.  Returns 0, or -1 with why.
 */
int cmdline_read(int argc, char *argv[], struct cmdline *ask,
    struct errmsg *why);

#endif
