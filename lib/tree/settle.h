/* SPDX-License-Identifier: MIT */
#ifndef TREE_SETTLE_H
#define TREE_SETTLE_H

#include <limits.h>
#include <stdbool.h>

/*
 * A copy is made under a temporary name and renamed once it is complete.  Killed
 * half-way, it leaves .NAME.ctr-tree.PID, which the next copy of that name removes.
 */

/* settle_name - tmp becomes the temporary name; those of killed processes go */
int settle_name(int dir, const char *name, char tmp[NAME_MAX + 1]);

/*
 * settle - rename what is at tmp in the directory from to name in to, and sync that
 *
 * A file or link replaces a file or link of that name; a directory replaces nothing.
 * Returns 0, or -1 with errno: EEXIST, EISDIR, or others.
 */
int settle(int from, const char *tmp, int to, const char *name, bool is_dir);

#endif
