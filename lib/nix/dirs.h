/* SPDX-License-Identifier: MIT */
#ifndef NIX_DIRS_H
#define NIX_DIRS_H

#include <stdbool.h>

/*
 * What a container has in Nix's state directory: in each of these, which are
 * for root alone, one that has the container's name.  Its root can write in
 * the first two; DIRS_SYNCED is the host's, and holds the roots that stand
 * for those made inside the container.
 */
enum nixdirs { DIRS_PROFILES, DIRS_ROOTS, DIRS_SYNCED, DIRS_N };

/* Their paths in the state directory. */
extern const char *const dirs_path[DIRS_N];

/*
 * dirs_parent - open a per-container directory
 *
 * It is given to the caller's user and group 0 and mode 0700 if it has others:
 * who could enter it as another user could use what a container's root left
 * there for that user, or change what is the container's.  The state directory
 * is the host's, and links to it are followed; none is below.  make says that
 * what is missing is made.  Returns an O_CLOEXEC descriptor that can be read,
 * or -1 with errno ENOENT (not there), ENOTDIR or ELOOP (a link), or another.
 */
int dirs_parent(const char *state, enum nixdirs kind, bool make);

/*
 * dirs_open - open the directory of a container, in the same way
 *
 * Where make says so it is of mode 0755 then; its owner stays as it is, which
 * may be the root of a user namespace.
 */
int dirs_open(const char *state, enum nixdirs kind, const char *name,
    bool make);

#endif
