/* SPDX-License-Identifier: MIT */
#ifndef TREE_EXCHANGE_H
#define TREE_EXCHANGE_H

#include "base/errmsg.h"

/*
 * exchange - let two directories change their places, both at once
 *
 * above and above2 are descriptors of the directories that hold them, name and
 * name2 their names there.  At any moment, each name is one of the two, even if the
 * machine fails; it is on disk when this returns.  Returns 0, or -1 and why: one is
 * no directory, or is a mount point, or they are on different file systems, or on one
 * that cannot do that, such as NFS.
 * Source: renameat2(2), RENAME_EXCHANGE.
 */
int exchange(int above, const char *name, int above2, const char *name2,
    struct errmsg *why);

#endif
