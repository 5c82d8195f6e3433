/* SPDX-License-Identifier: MIT */
#ifndef CONF_LIMIT_H
#define CONF_LIMIT_H

#include "conf/settings.h"

/* A limit of a container's unit. */
struct limit {
	enum key key;
	const char *property;	/* of systemd */
	const char *v2, *v1;	/* controllers that hold it; v1: NULL: none */
};

enum { LIMIT_KEYS = 8 };

extern const struct limit limits[LIMIT_KEYS];

/*
 * limit_warn - report each limit that the kernel does not hold a container to
 *
 * root is that of the host.  A limit of before counts as reported; before may be NULL.
 * Source: cgroups(7), systemd.resource-control(5).
 */
void limit_warn(const struct settings *s, const struct settings *before,
    const char *root, const char *shown, const struct settings_errors *errors);

#endif
