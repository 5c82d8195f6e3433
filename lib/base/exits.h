/* SPDX-License-Identifier: MIT */
#ifndef BASE_EXITS_H
#define BASE_EXITS_H

#include <errno.h>

/*
 * Exit codes besides 0 (done, yes) and 1 (failed, no).
 * Source: chroot(1) and env(1) for 125 to 127.
 */
enum {
	EXIT_USAGE = 2,		/* wrong usage: trying again cannot help */
	EXIT_TOOL = 125,	/* a tool that runs a command failed itself */
	EXIT_NOEXEC = 126,	/* the command was found but cannot be run */
	EXIT_NOCMD = 127,	/* the command was not found */
};

/* exits_exec - the code for the errno of an exec(3) that failed */
static inline int
exits_exec(int error)
{
	if (error == ENOENT)
		return EXIT_NOCMD;
	return EXIT_NOEXEC;
}

#endif
