/* SPDX-License-Identifier: MIT */
#ifndef TREE_UNTAR_H
#define TREE_UNTAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/errmsg.h"
#include "tree/tarread.h"

/* What a tar becomes; begins with all zero but for what the caller sets. */
struct untar {
	uid_t uid;		/* owner of all */
	gid_t gid;
	mode_t mask;		/* mode bits to keep */
	int64_t first;		/* to be added to IDs in ACLs */
	unsigned long skipped;	/* entries: devices, FIFOs, sockets */
	unsigned long lost;	/* attributes that could not be set */
	bool top;		/* it has an entry "." */
	bool cut;		/* it ended too soon */
};

/*
 * untar - make what a tar has in an empty directory
 *
 * Whoever made the tar is not trusted, nor whoever can change the directory: names
 * that are absolute or have "..", and paths through links, are an error, and nothing
 * is made but files, directories, symbolic links, and hard links of these.  A later
 * entry replaces an earlier one of its path, but no directory.  Owners in the tar are
 * ignored.  The directory dir gets owner, mode and times of the entry ".", else none.
 * t is new, or has been read to its first entry (given: it is set).
 * Returns 0, or -1 and why: then part of it may be there.  why may have control
 * characters of names.  Not to be called twice at once.
 */
int untar(struct untar *u, struct tarread *t, bool given, int dir, struct errmsg *why);

#endif
