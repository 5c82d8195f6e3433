/* SPDX-License-Identifier: MIT */
/* view.c - what the mount namespace of a container shows for good */
#include "tree/view.h"

#include <errno.h>

#include "base/fd.h"
#include "tree/nspawn.h"
#include "tree/seal.h"

int
view_path(struct view *v, const char *path, struct errmsg *why)
{
	if (*path != '/')
		return errmsg_set(why, "not an absolute path: %s", path);
	v->path[v->n++] = (char *)path;
	return 0;
}

int
view_closure(struct view *v, const char *dir, struct errmsg *why)
{
	if (v->closure)
		return errmsg_set(why, "--closure: expected once");
	v->closure = dir;
	return view_path(v, dir, why);
}

/* cannot_seal - of an error: does this host have no means for it? */
static bool
cannot_seal(int error)
{
	return error == ENOSYS || error == ENOSPC || error == EUSERS ||
	    error == EPERM;
}

int
view_enter(const struct view *v, struct errmsg *why)
{
	if ((seal_begin(why) < 0 && (v->closure || !cannot_seal(errno))) ||
	    (v->closure && closure_mount(v->closure, why) < 0))
		return -1;
	if (!*why->text && seal_paths(v->path, v->n, why) == 0)
		return 0;
	return v->optional && cannot_seal(errno) ? 1 : -1;
}

int
view_show(const struct view *v, pid_t leader, struct closure *c, struct errmsg *why)
{
	struct errmsg failure = { "" };
	struct nspawn nspawn;
	auto_close int now = -1;
	int entered;

	if (nspawn_open(leader, &nspawn, why) == 0)
		now = nspawn_dir(&nspawn, v->closure, why);
	if (now < 0 || closure_keep_missing(c, now, why) < 0)
		return -1;
	if (c->n == 0)
		return 0;
	if (closure_add(v->closure, c, why) < 0)
		return -1;
	entered = view_enter(v, why);
	if (entered < 0 || nspawn_mount(&nspawn, v->closure, &failure) == 0)
		return entered;
	*why = failure;
	return -1;
}
