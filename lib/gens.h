/* SPDX-License-Identifier: MIT */
#ifndef GENS_H
#define GENS_H

#include <stdint.h>

#include "genspec.h"
#include "why.h"

/*
 * Changes of a container's profile, each with its lock held.  dir is that of
 * the profile, name the container's, for what is said of it.  They return 0, or
 * -1 and why; a profile whose lock is not free within wait_ms is a failure.
 */

/* gens_set - a generation that leads to target is the current one */
int gens_set(int dir, const char *name, int wait_ms, const char *target,
    struct why *why);

/* gens_back - go back to generation number, or where -1 is given by one */
int gens_back(int dir, const char *name, int wait_ms, int64_t number,
    struct why *why);

/* gens_delete - remove those that spec says, or none if the current is one */
int gens_delete(int dir, const char *name, int wait_ms,
    const struct genspec *spec, struct why *why);

#endif
