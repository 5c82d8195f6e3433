/* SPDX-License-Identifier: MIT */
#ifndef CONF_USERS_H
#define CONF_USERS_H

#include "base/errmsg.h"
#include "conf/settings.h"
#include "conf/subid.h"

/* The inputs of a search for user IDs. */
struct users_source {
	const char *root;	/* of the host: etc/subuid, etc/subgid and */
				/* run/systemd/nspawn-uid are below it */
	const char *conf_dir;	/* settings, also those of pending containers */
	const char *trees;	/* a tree may belong to its container's root */
};

/*
 * users_conflict - is the range that PRIVATE_USERS=NUMBER fixes somebody else's?
 *
 * s has the settings of the container name, which does not run.  Looks at
 * etc/subuid and etc/subgid below root, at the fixed ranges in the settings of others
 * in conf_dir (-1: none), and at what systemd-nspawn picked for those that run.
 * Reads nothing if s fixes no range.  Returns 1 and whose, 0, or -1 with errno and
 * whose: what failed.
 */
int users_conflict(const struct settings *s, const char *name,
    const char *root, int conf_dir, struct errmsg *whose);

/*
 * users_find - find the value of PRIVATE_USERS for a new container
 *
 * *base: 0 if systemd-nspawn can pick, as no user of the host has IDs in the range
 * that it picks from, and it does not look at them; else the first of 65536 IDs
 * that neither a user of the host has, nor a container, by its settings, its tree
 * or systemd-nspawn's locks.  Returns 0, or -1 with why.
 */
int users_find(const struct users_source *from, unsigned long *base,
    struct errmsg *why);

#endif
