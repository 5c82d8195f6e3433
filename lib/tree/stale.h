/* SPDX-License-Identifier: MIT */
#ifndef TREE_STALE_H
#define TREE_STALE_H

/*
 * stale_sweep - remove temporary files that killed processes have left
 *
 * Calls remove for each entry named prefix and a pid, if no such process
 * exists.  If the pid has been reused, or the removal fails, the entry stays
 * until the next call.
 */
void stale_sweep(int dir, const char *prefix,
    int (*remove)(int dir, const char *entry));

#endif
