/* SPDX-License-Identifier: MIT */
#ifndef NIX_GENERATION_H
#define NIX_GENERATION_H

#include <stdint.h>

#include "base/errmsg.h"
#include "nix/select.h"

/*
 * Change the profile of a container while its lock is held.  dir is a
 * descriptor of the profile's directory, name the container's name for
 * messages.  All return 0, or -1 and why; one reason is that another process
 * held the lock for wait_ms.
 */

/* generation_set - add a generation with this target and make it current */
int generation_set(int dir, const char *name, int wait_ms, const char *target,
    struct errmsg *why);

/*
 * generation_rollback - make an earlier generation the current one
 *
 * number: the generation, or -1 for the one before the current.
 */
int generation_rollback(int dir, const char *name, int wait_ms, int64_t number,
    struct errmsg *why);

/* generation_delete - delete what spec selects; fails if that is the current */
int generation_delete(int dir, const char *name, int wait_ms,
    const struct select *spec, struct errmsg *why);

#endif
