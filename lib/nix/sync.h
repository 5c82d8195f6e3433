/* SPDX-License-Identifier: MIT */
#ifndef NIX_SYNC_H
#define NIX_SYNC_H

#include "base/errmsg.h"

/*
 * Sync the roots of containers (nix/roots.h), each in a process of its own:
 * file systems that a container mounts may respond late or never, so the
 * process is killed after a minute.
 */
struct sync {
	const char *state;	/* Nix's state directory */
	const char *root;	/* root of the container, with all mounts; or */
	const char *trees;	/* directory with the trees of containers */
	const char *machines;	/* state directory of systemd-machined */
	int wait_ms;		/* see roots_sync */
	/* Called for each container that failed; text is for main to print. */
	void (*failed)(const char *text);
};

/*
 * sync_run - sync the container of that name, or all containers if it is NULL
 *
 * All containers are those with a tree and a roots directory; a failure of
 * one does not stop the others.  A container that runs is seen through its
 * own root (nix/machine.h), with all its mounts; one that does not, through
 * its tree.  An empty tree is a failure: its disk is probably not mounted.
 * Returns the number of failures, or -1 and why if the containers could not
 * be listed.
 */
int sync_run(const struct sync *g, const char *name, struct errmsg *why);

#endif
