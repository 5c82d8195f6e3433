/* SPDX-License-Identifier: MIT */
#ifndef CONF_SYSTEMCTL_H
#define CONF_SYSTEMCTL_H

#include <stddef.h>
#include <stdint.h>

#include "conf/names.h"

enum { SYSTEMCTL_TIME = sizeof("2026-11-27T01:32:18Z") };

/* How active a unit is. */
enum systemctl_active {
	SYSTEMCTL_INACTIVE,
	SYSTEMCTL_STARTING,
	SYSTEMCTL_ACTIVE,
	SYSTEMCTL_STOPPING,
	SYSTEMCTL_FAILED,
};

/* The state of a container's unit. */
struct systemctl_unit {
	char name[NAMES_SIZE];		/* of the container */
	char since[SYSTEMCTL_TIME];	/* RFC 3339; "" if it says nothing */
	enum systemctl_active active;
	int64_t memory, tasks;		/* bytes and a number; -1: not known */
};

/* Units container@NAME.service that systemd knows, sorted by name. */
struct systemctl {
	struct systemctl_unit *unit;
	size_t n;
};

/*
 * systemctl_read - ask systemd about all containers, or about that one
 *
 * name is NULL for all.  Runs systemctl(1) once.  If it is missing or fails,
 * no unit is known.  Returns 0, and systemctl_free frees the units, or -1 with
 * errno (ENOMEM).
 */
int systemctl_read(struct systemctl *s, const char *name);
void systemctl_free(struct systemctl *s);

/* systemctl_find - the unit of a container, or NULL */
const struct systemctl_unit *systemctl_find(const struct systemctl *s,
    const char *name);

#endif
