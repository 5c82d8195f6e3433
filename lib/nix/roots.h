/* SPDX-License-Identifier: MIT */
#ifndef NIX_ROOTS_H
#define NIX_ROOTS_H

#include <stdbool.h>

#include "nix/strset.h"
#include "base/errmsg.h"

/*
 * Roots that were made inside a container, made real on the host.
 *
 * nix-build in a container makes a link, and asks for an indirect root: a link
 * to that link, which Nix puts in gcroots/auto, on the host where its daemon
 * did the build, and in the container's own roots directory where not.  Its
 * text is a path of the container's, so for the host's collector it leads
 * nowhere, and is removed.  What stands for them is, in the directory
 * DIRS_SYNCED of the container,
 *
 *	HASH-NAME -> /nix/store/HASH-NAME	a root, for each store path
 *	links					the links that they come from
 *
 * links is of records that end with a null byte: '=', or '+' where the link
 * lies on something that is mounted in the container; HASH-NAME; its path.
 * It keeps the path when the host's collector has removed the indirect root.
 */

/*
 * roots_sync - make the roots of a container agree with its links
 *
 * root is a descriptor of its root, from which all is resolved as it would be
 * inside; whole says that what it mounts is to be seen there.  Where not,
 * links that lie on such things stay as they were.  A link counts as Nix counts
 * it: where the path ends is a link whose text is a path in the store.  Others
 * may change all this meanwhile; they gain roots for what they have links to,
 * no more.  wait_ms is for a collection of garbage that cannot be told of them
 * (gc_hold.h).  Returns 0, or -1 and why; a part may be done then, which only adds
 * roots.  errno is ENOENT where the container has no directory of roots.
 * Source: src/libstore/gc.cc of Nix 2.8.
 */
int roots_sync(const char *state, const char *name, int root, bool whole,
    const struct strset *offers, int wait_ms, struct errmsg *why);

#endif
