/* SPDX-License-Identifier: MIT */
#ifndef NIX_OPTIONS_H
#define NIX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cli.h"
#include "base/errmsg.h"

/* Keys of the options of all verbs, and of each of the others. */
#define OPTIONS_COMMON "sw"
#define OPTIONS_JSON "j"
#define OPTIONS_TREES "t"
#define OPTIONS_LABEL "l"
#define OPTIONS_SYNC "rtam"

extern const struct cli_option options_table[];

/* A command line of ctr-gcroot. */
struct cli_job {
	const struct cli_verb *verb;
	const char *name;	/* of the container, or NULL */
	char **arg;		/* the other args operands */
	int args;
	const char *state;	/* Nix's state directory; absolute, as the next */
	const char *trees, *root, *machines;	/* trees and root: or NULL */
	int wait_ms;		/* for a profile's lock, or a collection */
	const char *label;	/* of hold and release, or NULL */
	bool json, all;
};

/*
 * options_read - read and check a command line
 *
 * Returns 0; or CLI_HELP or CLI_VERSION, for cli_answer with r; or -1 and why
 * if the usage is wrong.  The operands are left to the verbs, except the
 * name.
 */
int options_read(const struct cli *cli, char *argv[], struct cli_reader *r,
    struct cli_job *job, struct errmsg *why);

#endif
