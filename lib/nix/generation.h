/* SPDX-License-Identifier: MIT */
#ifndef NIX_GENERATION_H
#define NIX_GENERATION_H

#include <stdint.h>

#include "nix/select.h"
#include "base/errmsg.h"

/*
 * Changes of a container's profile, each with its lock held.  dir is that of
 * the profile, name the container's, for what is said of it.  They return 0, or
 * -1 and why; a profile whose lock is not free within wait_ms is a failure.
 */

/* generation_set - a generation that leads to target is the current one */
int generation_set(int dir, const char *name, int wait_ms, const char *target,
    struct errmsg *why);

/* generation_rollback - go back to generation number, or where -1 is given by one */
int generation_rollback(int dir, const char *name, int wait_ms, int64_t number,
    struct errmsg *why);

/* generation_delete - remove those that spec says, or none if the current is one */
int generation_delete(int dir, const char *name, int wait_ms,
    const struct select *spec, struct errmsg *why);

#endif
