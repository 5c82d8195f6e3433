/* SPDX-License-Identifier: MIT */
#ifndef NIX_VIEW_H
#define NIX_VIEW_H

#include <stdbool.h>

#include "base/errmsg.h"

/*
 * view_open - open what is to be seen of a container
 *
 * Where it runs that is its own root (lib/nix/machine.h), with all it mounts, and
 * *whole becomes true.  Else it is trees/name.  A tree in which nothing is will
 * be that of a disk that is not mounted now, and is refused.  Returns an
 * O_CLOEXEC descriptor to go on from by inroot_open, or -1 and why.
 */
int view_open(const char *machines, const char *trees, const char *name,
    bool *whole, struct errmsg *why);

#endif
