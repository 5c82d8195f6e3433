/* SPDX-License-Identifier: MIT */
#ifndef NIX_OPTIONS_H
#define NIX_OPTIONS_H

#include <stdbool.h>

enum options_verb {
	OPTIONS_INIT, OPTIONS_SET, OPTIONS_LIST, OPTIONS_PATH, OPTIONS_CHECK,
	OPTIONS_ROLLBACK, OPTIONS_DELETE, OPTIONS_SYNC, OPTIONS_RM,
};

/* What a command line of ctr-gcroot asks for. */
struct options {
	enum options_verb verb;
	const char *name;	/* the container; NULL with all */
	const char *state;	/* Nix's state directory */
	const char *trees, *root, *machines;	/* or NULL; each a path from / */
	char **arg;		/* the verb's own arguments, args of them */
	int args;
	int wait_ms;		/* for the profile's lock, or a collection */
	bool json, all;
};

/*
 * options_read - read a command line, as main gets it
 *
 * The words are put in another order, and line points to them, and to the
 * store path in place of the one that set was given.  What is wrong ends the
 * process with EXIT_USAGE, a path that cannot be looked at with 1, and --help
 * and --version with 0.
 */
void options_read(int argc, char *argv[], struct options *line);

#endif
