/* SPDX-License-Identifier: MIT */
#ifndef NIX_HOLD_H
#define NIX_HOLD_H

#include <stdbool.h>

/* For messages about labels that hold_label_ok refuses. */
#define HOLD_LABEL \
	"a label is 1 to 64 letters, digits, dots, underscores and hyphens, " \
	"with a letter or digit first"

/*
 * The systems of a running container are roots, whatever becomes of their
 * generations: the one that it booted, and the one that it was switched to.  So is
 * what somebody keeps by a label, such as the system of a snapshot.  dir is a
 * descriptor of the container's DIRS_ROOTS.
 *
 * hold_system - the container now runs this path in the store
 * hold_release - it has stopped
 * hold_label - keep this path by the label, instead of what it kept before
 * hold_unlabel - keep nothing by the label, which need not exist
 *
 * All return 0, or -1 with the errno of symlinkat(2), renameat(2), unlinkat(2)
 * or fsync(2).
 */
int hold_system(int dir, const char *path);
int hold_release(int dir);
int hold_label(int dir, const char *label, const char *path);
int hold_unlabel(int dir, const char *label);

/* hold_label_ok - is this a label? */
bool hold_label_ok(const char *label);

/* hold_owns - is this the name of such a root? */
bool hold_owns(const char *name);

#endif
