/* SPDX-License-Identifier: MIT */
#ifndef NIX_SYNC_H
#define NIX_SYNC_H

#include <stdbool.h>

#include "base/errmsg.h"

/*
 * Syncs of containers (lib/nix/roots.h), each in a process of its own: it looks
 * into what the container mounts, which may answer late or never, and is
 * killed when it has taken a minute.  What fails is said on standard error.
 */
struct sync {
	const char *state;	/* of Nix */
	const char *root;	/* a container's root, with all it mounts; else */
	const char *trees;	/* where their trees lie */
	const char *machines;	/* where systemd-machined notes those that run */
	int wait_ms;		/* for a collection, as roots_sync has it */
};

/*
 * sync_run - sync the container of that name, or all where it is NULL
 *
 * All are those that have a tree and a directory of roots.  Returns 1 if it is
 * done, 0 if one of them failed, or -1 and why if it did not come to that.
 */
int sync_run(const struct sync *g, const char *name, struct errmsg *why);

#endif
