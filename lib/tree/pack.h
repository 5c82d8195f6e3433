/* SPDX-License-Identifier: MIT */
#ifndef TREE_PACK_H
#define TREE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/errmsg.h"

/* Of a tree that is packed; begins with all zero but for what the caller sets. */
struct pack {
	int out;		/* where the tar is written */
	int64_t first;		/* ID that the tree has for the root of its container */
	unsigned long skipped;	/* entries: not a file, directory or link */
};

/*
 * pack - write a tar of a file, directory or link
 *
 * node is an O_PATH descriptor; name is that of the only entry at the top of the
 * tar.  The tree may be untrusted and change meanwhile, as with copy_tree.  Owners are
 * kept by number, modes, times, holes, hard links inside the tree, and the attributes
 * of tree/attrs.h.  The format is POSIX's pax, with GNU's sparse format 1.0.  Needs
 * /proc.  Not to be called twice at once.
 * Returns 0, or -1 and why, which may have control characters of names.
 */
int pack(struct pack *p, int node, const char *name, struct errmsg *why);

#endif
