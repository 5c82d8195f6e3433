/* SPDX-License-Identifier: MIT */
#ifndef CONF_STATUS_H
#define CONF_STATUS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/systemctl.h"

#define STATUS_MACHINES "/run/systemd/machines"

enum status_state {
	STATUS_UP,
	STATUS_STARTING,
	STATUS_STOPPING,
	STATUS_FAILED,
	STATUS_DOWN,
};

/* The state of a container by systemd, systemd-machined and the profile. */
struct status {
	enum status_state state;
	const char *since;		/* RFC 3339; NULL: it is not up */
	int64_t leader;			/* process ID of its init, or -1 */
	bool in_unit;			/* by machined, it runs in its unit */
	int64_t memory, tasks;		/* bytes and a number, or -1 */
	int64_t generation;		/* the current one, or -1 */
	char system[PATH_MAX];		/* its store path, or "" */
};

/* The sources of all states. */
struct status_source {
	struct systemctl units;
	int machines, profiles;		/* directories, or -1: they are missing */
};

/*
 * status_open - ask systemd about all containers, and open the directories
 *
 * name is NULL, or the only container to ask about.  machines is the state
 * directory of systemd-machined (STATUS_MACHINES), nix_state Nix's.  Missing and
 * unreadable ones are ignored.
 * Returns 0, or -1 with errno ENOMEM.  status_close frees all.
 */
int status_open(struct status_source *from, const char *name,
    const char *machines, const char *nix_state);
void status_close(struct status_source *from);

/*
 * status_read - read the state of one container
 *
 * st->since points into from.  The container's root can write to its profile: no
 * link in it is followed, and only links in Nix's form are read.
 */
void status_read(const struct status_source *from, const char *name,
    struct status *st);

/*
 * status_system - the store path of the current generation of a container
 *
 * Returns 0, or -1 if it has none.
 */
int status_system(const char *nix_state, const char *name,
    char system[PATH_MAX]);

/* status_name - up, starting, stopping, failed or down */
const char *status_name(enum status_state state);

#endif
