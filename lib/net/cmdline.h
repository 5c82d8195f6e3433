/* SPDX-License-Identifier: MIT */
#ifndef NET_CMDLINE_H
#define NET_CMDLINE_H

#include <stdbool.h>

#include "base/errmsg.h"
#include "net/network.h"

enum cmdline_verb {
	CMDLINE_ADD, CMDLINE_DEL, CMDLINE_SHOW, CMDLINE_BATCH,
	CMDLINE_HELP, CMDLINE_VERSION,
};

/* A command line of mkveth. */
struct cmdline {
	enum cmdline_verb verb;
	const char *name;	/* of the container, or NULL */
	char netns[IFNAME_ALT_SIZE];
	bool check;		/* --check */
	bool no_route;		/* -D */
	bool json;		/* -j */
	bool wait;		/* -w */
	bool keep_going;	/* -k */
	bool names;		/* -i or -n was given */
	struct network net;
};

/*
 * cmdline_read - parse the command line that main gets, or a line of a batch
 *
 * getopt_long reorders argv.  cmd points to the words in it, and into itself.
 * Returns 0, or -1 with why.
 */
int cmdline_read(int argc, char *argv[], struct cmdline *cmd,
    struct errmsg *why);

#endif
