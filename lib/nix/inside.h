/* SPDX-License-Identifier: MIT */
#ifndef NIX_INSIDE_H
#define NIX_INSIDE_H

#include "base/errmsg.h"

/*
 * The profiles and roots that a container's own Nix makes.  They are in its
 * tree, in nix/var/nix, so no tool of the host looks for them; what counts for
 * the host is in the directories of nix/dirs.h, which only the host writes.
 * root is a descriptor of the container's root, which is hostile: no link is
 * followed, and texts are believed only if they are paths in the store.
 */
#define INSIDE_PROFILES "nix/var/nix/profiles"
#define INSIDE_ROOTS "nix/var/nix/gcroots"

/* A container, and how long to wait for locks; see generation.h and gc.h. */
struct inside {
	const char *state, *name;
	int wait_ms;
};

/*
 * inside_adopt - add systems that the container made to the host's profile
 *
 * nixos-rebuild in a container adds generations to the profile "system" there.
 * The newest become generations of the host's, and the last one the current.
 * A derivation is none.  If the host has 256 generations, that is a failure.
 * profile is a descriptor of the host's directory.  Returns 0, or -1 and why.
 */
int inside_adopt(const struct inside *c, int profile, int root,
    struct errmsg *why);

/*
 * inside_show - make the host's profile visible in the container's tree
 *
 * root must be the tree on disk, without mounts of the container.  Makes both
 * directories.  Links of that profile that differ are replaced.  Returns 0, or
 * -1 and why.
 */
int inside_show(const struct inside *c, int profile, int root,
    struct errmsg *why);

/*
 * inside_move - move what containers once wrote on the host into the tree
 *
 * Earlier versions, and NixOS's own tools, let the container write in its
 * directories on the host.  Moves all links but those of the profile "system"
 * and of hold.h into the directories of inside_show, and removes whatever else
 * is there.  What exists in the tree stays.  Returns 0, or -1 and why.
 */
int inside_move(const struct inside *c, int profile, int root,
    struct errmsg *why);

#endif
