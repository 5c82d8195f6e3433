/* SPDX-License-Identifier: MIT */
#ifndef TREE_STALE_H
#define TREE_STALE_H

/*
 * stale_sweep - remove what killed processes have left in a directory
 *
 * remove is called for each entry that is prefix and the number of a process
 * that there is none of.  A number that another process has got meanwhile
 * keeps its entry, and so does one that cannot be removed: until the next time.
 */
void stale_sweep(int dir, const char *prefix,
    int (*remove)(int dir, const char *entry));

#endif
