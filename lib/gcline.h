/* SPDX-License-Identifier: MIT */
#ifndef GCLINE_H
#define GCLINE_H

#include <stdbool.h>

enum gcline_verb {
	GCLINE_INIT, GCLINE_SET, GCLINE_LIST, GCLINE_PATH, GCLINE_CHECK,
	GCLINE_ROLLBACK, GCLINE_DELETE, GCLINE_SYNC, GCLINE_RM,
};

/* What a command line of ctr-gcroot asks for. */
struct gcline {
	enum gcline_verb verb;
	const char *name;	/* the container; NULL with all */
	const char *state;	/* Nix's state directory */
	const char *trees, *root, *machines;	/* or NULL; each a path from / */
	char **arg;		/* the verb's own arguments, args of them */
	int args;
	int wait_ms;		/* for the profile's lock, or a collection */
	bool json, all;
};

/*
 * gcline_read - read a command line, as main gets it
 *
 * The words are put in another order, and line points to them, and to the
 * store path in place of the one that set was given.  What is wrong ends the
 * process with EXIT_USAGE, a path that cannot be looked at with 1, and --help
 * and --version with 0.
 */
void gcline_read(int argc, char *argv[], struct gcline *line);

#endif
