/* SPDX-License-Identifier: MIT */
#ifndef TREE_CLOSURE_H
#define TREE_CLOSURE_H

#include <stdio.h>

#include "base/errmsg.h"

/*
 * A view of the Nix store ($NIX_STORE_DIR, else /nix/store) that has some of its
 * paths alone.
 *
 * It is one mount: systemd makes a unit of each that it sees, and unmounts them one
 * by one at its end, so a container must not have one for each path.  A directory
 * of the host has a stub for each path, and an overlay of that directory and the
 * store follows the stubs.  Of the overlay only the part with the stubs is kept.
 *
 * The layers of an overlay must not change while it is mounted.  So the stubs are in
 * layers of their own, DIR/1, DIR/2 and so on, and further paths take another
 * layer, and another overlay with all of them.
 * Source: "redirect_dir", "metacopy" and "Changes to underlying filesystems" in
 * Documentation/filesystems/overlayfs.rst of Linux.
 */

/* Names in the store, each HASH-NAME. */
struct closure {
	char **name;
	size_t n;
};

/*
 * closure_read - read store paths, one a line
 *
 * The caller frees nothing.  Returns 0, or -1 and why: a line is no store path.
 */
int closure_read(FILE *from, struct closure *c, struct errmsg *why);

/*
 * closure_add - make a layer with stubs for these paths in a directory
 *
 * dir is a path of the host where nobody else writes; if missing, it is made.
 * The layer is there whole or not at all, whenever this is killed.  Returns 0, or
 * -1 and why: a path is not in the store.  Needs CAP_SYS_ADMIN.
 */
int closure_add(const char *dir, const struct closure *c, struct errmsg *why);

/*
 * closure_mount - mount the view over the directory with its layers
 *
 * In the mount namespace of this process, read-only, without devices and
 * set-user-ID.  Returns 0, or -1 and why: E2BIG after some 200 additions, ENODEV
 * without overlayfs.  Leaves descriptors open.  Needs CAP_SYS_ADMIN and /proc.
 */
int closure_mount(const char *dir, struct errmsg *why);

/*
 * closure_share - from now on, what is mounted over the view here reaches the
 * namespaces that are copied from this one, too; returns as above
 */
int closure_share(const char *dir, struct errmsg *why);

/*
 * closure_keep_missing - leave only the paths that a view lacks
 *
 * dir is a descriptor of the view, in whatever mount namespace.  A path that was
 * deleted from the store, and is there again, counts as missing.  Returns 0, or
 * -1 and why.
 */
int closure_keep_missing(struct closure *c, int dir, struct errmsg *why);

#endif
