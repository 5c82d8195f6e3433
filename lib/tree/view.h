/* SPDX-License-Identifier: MIT */
#ifndef TREE_VIEW_H
#define TREE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/errmsg.h"
#include "tree/closure.h"

/* What a mount namespace shows; begins with all zero but for space in path. */
struct view {
	char **path;		/* n absolute paths of the host, to be sealed */
	size_t n;
	const char *closure;	/* mount this view of the store there, or NULL */
	bool optional;		/* if sealing is impossible here, go on without */
};

/* view_path - add a path; returns 0, or -1 and why */
int view_path(struct view *v, const char *path, struct errmsg *why);

/* view_closure - set the view of the store, which is sealed like other paths */
int view_closure(struct view *v, const char *dir, struct errmsg *why);

/*
 * view_enter - mount the view and seal all paths, in a mount namespace of this process
 *
 * A container that may not see the whole store does not start without its view,
 * sealed or not.  Returns 0; 1 and why it is not sealed, which is optional; or -1
 * and why.
 */
int view_enter(const struct view *v, struct errmsg *why);

/*
 * view_show - show store paths to a running container, if it lacks some
 *
 * leader: its first process.  Returns as view_enter.
 */
int view_show(const struct view *v, pid_t leader, struct closure *c,
    struct errmsg *why);

#endif
