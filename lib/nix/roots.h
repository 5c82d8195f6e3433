/* SPDX-License-Identifier: MIT */
#ifndef NIX_ROOTS_H
#define NIX_ROOTS_H

#include <stdbool.h>

#include "base/errmsg.h"

/*
 * Make roots that were registered inside a container effective on the host.
 *
 * nix-build in a container makes a link and registers an indirect root: a
 * link to that link, which Nix puts in gcroots/auto, on the host if the
 * host's daemon did the build, else in the container's own roots directory.
 * Its target is a path inside the container, so the host's collector takes it
 * for stale and removes it.  Nor does it see the profiles and direct roots in
 * the container's tree (nix/inside.h).  The container's DIRS_SYNCED directory
 * therefore has
 *
 *	HASH-NAME -> /nix/store/HASH-NAME	a root per store path
 *	links					the links they stand for
 *
 * The file links has records that end with a null byte: '=', or '+' if the
 * link is on a mount of the container; HASH-NAME; the path of the link.  It
 * keeps the path after the collector has removed the indirect root.
 */

/*
 * roots_sync - make the roots of a container agree with its links
 *
 * root: a descriptor of the container's root; paths are resolved below it.
 * has_mounts: all mounts of the container are visible there; if not, records
 * of links on mounts are left unchanged.
 * A link counts if its text is a path in the store, as for Nix.  The container
 * may change all this meanwhile: at worst it roots what it already links to.
 * wait_ms: see gc_hold.  Returns 0, or -1 and why; part of the work may be
 * done then.  errno is ENOENT if the container has no directory DIRS_ROOTS.
 * Source: src/libstore/gc.cc of Nix 2.8.
 */
int roots_sync(const char *state, const char *name, int root, bool has_mounts,
    int wait_ms, struct errmsg *why);

#endif
