/* SPDX-License-Identifier: MIT */
/* generation.c - change the profile of a container */
#include "nix/generation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "nix/lockfile.h"

/* gens - a profile that is locked and was read */
struct change {
	int dir, lock;
	const char *name;
	struct profile p;
};

static int
read_profile(struct change *g, struct errmsg *why)
{
	profile_free(&g->p);
	if (profile_read(g->dir, &g->p) < 0)
		return errmsg_errno(why, "read profile of %s", g->name);
	return 0;
}

static void
end(struct change *g)
{
	profile_free(&g->p);
	lockfile_drop(g->dir, PROFILE_LOCK, g->lock);
}

static int
begin(struct change *g, int dir, const char *name, int wait_ms, struct errmsg *why)
{
	*g = (struct change){ .dir = dir, .name = name };
	g->lock = lockfile_take(dir, PROFILE_LOCK, wait_ms);
	if (g->lock < 0 && errno == ETIMEDOUT)
		return errmsg_set(why, "lock profile of %s: another process has "
		    "held it for %d s", name, wait_ms / 1000);
	if (g->lock < 0)
		return errmsg_errno(why, "lock profile of %s: %s", name,
		    PROFILE_LOCK);
	if (read_profile(g, why) < 0) {
		end(g);
		return -1;
	}
	return 0;
}

static int
make_current(const struct change *g, uint32_t number, struct errmsg *why)
{
	if (profile_switch(g->dir, number) < 0)
		return errmsg_errno(why, "make generation %" PRIu32 " the current "
		    "one of %s", number, g->name);
	return 0;
}

/* add - nix-env --set takes no lock, and may be the first to add */
static int
add(struct change *g, const char *target, uint32_t *number, struct errmsg *why)
{
	int r, tries = 10;

	while ((r = profile_add(g->dir, &g->p, target, number)) < 0 &&
	    errno == EEXIST && --tries > 0)
		if (read_profile(g, why) < 0)
			return -1;
	if (r < 0)
		return errmsg_errno(why, "add a generation to the profile of %s",
		    g->name);
	return 0;
}

int
generation_set(int dir, const char *name, int wait_ms, const char *target,
    struct errmsg *why)
{
	struct change g;
	uint32_t number;
	int r;

	if (begin(&g, dir, name, wait_ms, why) < 0)
		return -1;
	r = add(&g, target, &number, why);
	if (r == 0)
		r = make_current(&g, number, why);
	end(&g);
	return r;
}

/* back_to - the one asked for, else the one before the current; or -1 */
static int64_t
back_to(const struct change *g, int64_t asked, struct errmsg *why)
{
	int64_t n = -1;

	if (asked >= 0 && profile_find(&g->p, asked))
		return asked;
	if (asked >= 0)
		return errmsg_set(why, "%s has no generation %" PRId64, g->name,
		    asked);
	for (size_t i = 0; i < g->p.n; i++)
		if (g->p.gen[i].number < g->p.current)
			n = g->p.gen[i].number;
	if (g->p.current < 0)
		return errmsg_set(why, "%s has no current generation", g->name);
	if (n < 0)
		return errmsg_set(why, "%s has no generation before %" PRId64,
		    g->name, g->p.current);
	return n;
}

int
generation_rollback(int dir, const char *name, int wait_ms, int64_t number,
    struct errmsg *why)
{
	struct change g;
	int64_t n;
	int r = -1;

	if (begin(&g, dir, name, wait_ms, why) < 0)
		return -1;
	if ((n = back_to(&g, number, why)) >= 0)
		r = make_current(&g, (uint32_t)n, why);
	end(&g);
	return r;
}

static int
delete(const struct change *g, const struct select *spec, bool *doomed,
    struct errmsg *why)
{
	if (select_select(spec, &g->p, time(NULL), doomed) < 0)
		return errno == EBUSY ?
		    errmsg_set(why, "%" PRId64 " is the current generation of %s, "
		    "and stays: none was deleted", g->p.current, g->name) :
		    errmsg_set(why, "%s has no current generation", g->name);
	if (profile_delete(g->dir, &g->p, doomed) < 0)
		return errmsg_errno(why, "delete generations of %s", g->name);
	return 0;
}

int
generation_delete(int dir, const char *name, int wait_ms, const struct select *spec,
    struct errmsg *why)
{
	struct change g;
	bool *doomed;
	int r;

	if (begin(&g, dir, name, wait_ms, why) < 0)
		return -1;
	doomed = calloc(g.p.n + 1, sizeof(*doomed));
	r = doomed ? delete(&g, spec, doomed, why) :
	    errmsg_errno(why, "delete generations of %s", name);
	free(doomed);
	end(&g);
	return r;
}
