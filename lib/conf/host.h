/* SPDX-License-Identifier: MIT */
#ifndef CONF_HOST_H
#define CONF_HOST_H

#include <stdbool.h>

#include "base/port.h"
#include "conf/settings.h"

/* The inputs of a check against the host. */
struct host {
	const char *name;	/* the container */
	const char *run_dir;	/* has the ports that others forward now */
	int conf_dir;		/* the settings of others */
	const char *nix_state;	/* its profile */
	const char *root;	/* "/", with etc/subuid */
	bool new;		/* it has no profile yet */
	const char *trees;	/* the directory of those of containers */
	bool connected;		/* its own network exists: it runs */
	/* If not NULL, check only changes that come into effect at once */
	const struct settings *before;
	/* in_use - does the host, or a running container, have it? */
	bool (*in_use)(int family, const unsigned char *byte);
	/* served - the first of these that a process of the host serves, or 0 */
	int (*served)(const struct port *port);
};

/*
 * host_check - does the host meet the requirements of the settings?
 *
 * Bridges, interfaces, a network namespace, sources of binds, credentials, processors,
 * disks, required containers and a system that is named must exist; ports, user IDs
 * and addresses must be free; a container that ALLOW_FROM names is on no bridge; no
 * container can change a credential.  s has passed check_settings.  Each error is
 * reported in the line of its key.
 * Returns 0, or -1 with errno ENODEV, or EADDRINUSE: only an address is in use,
 * which may be the one of the instance before, so that trying again can help.
 */
int host_check(const struct settings *s, const struct host *host,
    const char *shown, const struct settings_errors *errors);

/*
 * host_claims - does no other container have its ports and further links?
 *
 * This is the part of host_check that reads the records of others, for a caller
 * that holds the lock on them.  Returns 0, or -1: each error is reported.
 */
int host_claims(const struct settings *s, const struct host *host,
    const char *shown, const struct settings_errors *errors);

#endif
