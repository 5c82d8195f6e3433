/* SPDX-License-Identifier: MIT */
#ifndef NIX_HOLD_H
#define NIX_HOLD_H

#include <stdbool.h>

/*
 * The systems of a running container are roots, whatever becomes of their
 * generations: the one that it booted, and the one that it was switched to.
 * dir is a descriptor of the container's DIRS_ROOTS.
 *
 * hold_system - the container now runs this path in the store
 * hold_release - it has stopped
 *
 * Both return 0, or -1 with the errno of symlinkat(2), renameat(2), unlinkat(2)
 * or fsync(2).
 */
int hold_system(int dir, const char *path);
int hold_release(int dir);

/* hold_owns - is this the name of such a root? */
bool hold_owns(const char *name);

#endif
