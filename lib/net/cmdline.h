/* SPDX-License-Identifier: MIT */
#ifndef NET_CMDLINE_H
#define NET_CMDLINE_H

#include <stdbool.h>

#include "base/cli.h"
#include "base/errmsg.h"
#include "net/network.h"

/* Keys of the options of each verb. */
#define CMDLINE_NAMES "in"
#define CMDLINE_ADD CMDLINE_NAMES "HL12g6DbMmNpvclPrt"
#define CMDLINE_DEL CMDLINE_NAMES "w"
#define CMDLINE_SHOW CMDLINE_NAMES "j"
#define CMDLINE_BATCH "k"

extern const struct cli_option cmdline_options[];

/* A command line of mkveth. */
struct cli_job {
	const struct cli_verb *verb;
	const char *name;	/* of the container, or NULL */
	char **command;		/* of a verb that takes one */
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
 * cmdline_read - read the command line that main gets, or a line of a batch
 *
 * argv ends with NULL and is reordered.  job points to the words in it, and
 * into itself.  Returns 0; or CLI_HELP or CLI_VERSION, for cli_answer with r;
 * or -1 and why.
 */
int cmdline_read(const struct cli *cli, char *argv[], struct cli_reader *r,
    struct cli_job *job, struct errmsg *why);

#endif
