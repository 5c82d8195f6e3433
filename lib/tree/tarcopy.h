/* SPDX-License-Identifier: MIT */
#ifndef TREE_TARCOPY_H
#define TREE_TARCOPY_H

#include "base/errmsg.h"
#include "tree/untar.h"

/*
 * tarcopy_to - copy what a tar has to a path: all of it, or nothing
 *
 * top: the tree that the path is in, or -1 for the host.  If to is a directory, the
 * entries at the top of the tar become entries of it; else the only one there, or the
 * entry ".", becomes to.  from: for messages.
 * u->uid and what else the caller sets is for untar.  What
 * exists is replaced as by settle.  Returns 0, or -1 and why, with errno.
 */
int tarcopy_to(struct untar *u, int in, const char *from, int top, const char *to,
    struct errmsg *why);

/*
 * tarcopy_one - the same of a tar with one entry at its top, whatever its name, to a
 * file of the host; from: the path that it was copied from
 *
 * As with ctr-tree get: what is no regular file is written into.
 */
int tarcopy_one(struct untar *u, int in, const char *from, const char *to,
    struct errmsg *why);

#endif
