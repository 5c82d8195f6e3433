/* SPDX-License-Identifier: MIT */
#ifndef LEFTOVER_H
#define LEFTOVER_H

/*
 * leftover_sweep - remove what killed processes have left in a directory
 *
 * remove is called for each entry that is prefix and the number of a process
 * that there is none of.  A number that another process has got meanwhile
 * keeps its entry, and so does one that cannot be removed: until the next time.
 */
void leftover_sweep(int dir, const char *prefix,
    int (*remove)(int dir, const char *entry));

#endif
