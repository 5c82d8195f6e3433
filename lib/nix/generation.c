/* SPDX-License-Identifier: MIT */
/* generation.c - change the profile of a container */
#include "nix/generation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "nix/lockfile.h"

enum { TRIES = 10 };

/* A profile that is locked and was read. */
struct generation {
	int dir, lock;
	const char *name;
	struct profile profile;
};

static int
reread_profile(struct generation *g, struct errmsg *why)
{
	profile_free(&g->profile);
	if (profile_read(g->dir, &g->profile) < 0)
		return errmsg_errno(why, "read profile of %s", g->name);
	return 0;
}

static void
unlock_profile(struct generation *g)
{
	profile_free(&g->profile);
	lockfile_drop(g->dir, PROFILE_LOCK, g->lock);
}

static int
lock_profile(struct generation *g, int dir, const char *name, int wait_ms,
    struct errmsg *why)
{
	*g = (struct generation){ .dir = dir, .name = name };
	g->lock = lockfile_take(dir, PROFILE_LOCK, wait_ms);
	if (g->lock < 0 && errno == ETIMEDOUT)
		return errmsg_set(why, "lock profile of %s: still held by another "
		    "process after %d s", name, wait_ms / 1000);
	if (g->lock < 0)
		return errmsg_errno(why, "lock profile of %s: %s", name,
		    PROFILE_LOCK);
	if (reread_profile(g, why) < 0) {
		unlock_profile(g);
		return -1;
	}
	return 0;
}

static int
make_current(const struct generation *g, uint32_t number, struct errmsg *why)
{
	if (profile_switch(g->dir, number) < 0)
		return errmsg_errno(why, "switch %s to generation %" PRIu32,
		    g->name, number);
	return 0;
}

/* add_target - retries, as nix-env --set adds generations without the lock */
static int
add_target(struct generation *g, const char *target, uint32_t *number,
    struct errmsg *why)
{
	for (int i = 0; i < TRIES; i++) {
		if (profile_add(g->dir, &g->profile, target, number) == 0)
			return 0;
		if (errno != EEXIST)
			break;
		if (i + 1 < TRIES && reread_profile(g, why) < 0)
			return -1;
	}
	return errmsg_errno(why, "add a generation to the profile of %s",
	    g->name);
}

int
generation_set(int dir, const char *name, int wait_ms, const char *target,
    struct errmsg *why)
{
	struct generation g;
	uint32_t number;
	int r;

	if (lock_profile(&g, dir, name, wait_ms, why) < 0)
		return -1;
	r = add_target(&g, target, &number, why);
	if (r == 0)
		r = make_current(&g, number, why);
	unlock_profile(&g);
	return r;
}

/* find_previous - the generation before the current one, or -1 and why */
static int64_t
find_previous(const struct generation *g, struct errmsg *why)
{
	const struct profile *p = &g->profile;
	int64_t number = -1;

	if (p->current < 0)
		return errmsg_set(why, "%s has no current generation", g->name);
	for (size_t i = 0; i < p->n; i++)
		if (p->entry[i].number < p->current)
			number = p->entry[i].number;
	if (number < 0)
		return errmsg_set(why, "%s has no generation before %" PRId64,
		    g->name, p->current);
	return number;
}

/* find_target - the generation to roll back to, or -1 and why */
static int64_t
find_target(const struct generation *g, int64_t number, struct errmsg *why)
{
	if (number < 0)
		return find_previous(g, why);
	if (!profile_find(&g->profile, number))
		return errmsg_set(why, "%s has no generation %" PRId64, g->name,
		    number);
	return number;
}

int
generation_rollback(int dir, const char *name, int wait_ms, int64_t number,
    struct errmsg *why)
{
	struct generation g;
	int64_t to;
	int r = -1;

	if (lock_profile(&g, dir, name, wait_ms, why) < 0)
		return -1;
	to = find_target(&g, number, why);
	if (to >= 0)
		r = make_current(&g, (uint32_t)to, why);
	unlock_profile(&g);
	return r;
}

static int
delete_selected(const struct generation *g, const struct select *spec,
    bool *chosen, struct errmsg *why)
{
	const struct profile *p = &g->profile;

	if (select_apply(spec, p, time(NULL), chosen) < 0) {
		if (errno == EBUSY)
			return errmsg_set(why, "generation %" PRId64 " of %s is the "
			    "current one: nothing was deleted", p->current,
			    g->name);
		return errmsg_set(why, "%s has no current generation", g->name);
	}
	if (profile_delete(g->dir, p, chosen) < 0)
		return errmsg_errno(why, "delete generations of %s", g->name);
	return 0;
}

int
generation_delete(int dir, const char *name, int wait_ms,
    const struct select *spec, struct errmsg *why)
{
	struct generation g;
	bool *chosen;
	int r;

	if (lock_profile(&g, dir, name, wait_ms, why) < 0)
		return -1;
	chosen = calloc(g.profile.n + 1, sizeof(*chosen));
	if (chosen)
		r = delete_selected(&g, spec, chosen, why);
	else
		r = errmsg_errno(why, "delete generations of %s", name);
	free(chosen);
	unlock_profile(&g);
	return r;
}
