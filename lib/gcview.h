/* SPDX-License-Identifier: MIT */
#ifndef GCVIEW_H
#define GCVIEW_H

#include <stdbool.h>

#include "why.h"

/*
 * gcview_open - open what is to be seen of a container
 *
 * Where it runs that is its own root (lib/machine.h), with all it mounts, and
 * *whole becomes true.  Else it is trees/name.  A tree in which nothing is will
 * be that of a disk that is not mounted now, and is refused.  Returns an
 * O_CLOEXEC descriptor to go on from by inroot_open, or -1 and why.
 */
int gcview_open(const char *machines, const char *trees, const char *name,
    bool *whole, struct why *why);

#endif
