/* SPDX-License-Identifier: MIT */
#ifndef NIX_DIRS_H
#define NIX_DIRS_H

#include <stdbool.h>

/*
 * The directories of a container in Nix's state directory.  Each kind has a
 * parent directory for root only, and in it a directory per container, which
 * only the host writes: the profile, the roots of the systems that it runs
 * (nix/hold.h), and those for links made inside it (nix/roots.h).
 */
enum dirs_kind { DIRS_PROFILES, DIRS_ROOTS, DIRS_SYNCED, DIRS_N };

/* Paths of the parents, relative to the state directory. */
extern const char *const dirs_path[DIRS_N];

/*
 * dirs_parent - open the parent directory of a kind
 *
 * Its owner is set to the caller's user and group 0, its mode to 0700.
 * Otherwise a host user with access could use what a container's root left
 * there for that user ID, or change it.  Links to the state directory are
 * followed, links below it are not.  make: create what is missing.  Returns
 * an O_CLOEXEC descriptor for reading, or -1 with errno ENOENT (missing),
 * ENOTDIR or ELOOP (a link), or that of the call that failed.
 */
int dirs_parent(const char *state, enum dirs_kind kind, bool make);

/*
 * dirs_open - open the directory of a container, in the same way
 *
 * Its owner becomes the caller, as earlier versions gave it to the container.
 * make: its mode becomes 0755.
 */
int dirs_open(const char *state, enum dirs_kind kind, const char *name,
    bool make);

#endif
