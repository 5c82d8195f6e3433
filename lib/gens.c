/* SPDX-License-Identifier: MIT */
/* gens.c - change the profile of a container */
#include "gens.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "lockfile.h"

/* gens - a profile that is locked and was read */
struct gens {
	int dir, lock;
	const char *name;
	struct profile p;
};

static int
read_profile(struct gens *g, struct why *why)
{
	profile_free(&g->p);
	if (profile_read(g->dir, &g->p) < 0)
		return why_errno(why, "read profile of %s", g->name);
	return 0;
}

static void
end(struct gens *g)
{
	profile_free(&g->p);
	lockfile_drop(g->dir, PROFILE_LOCK, g->lock);
}

static int
begin(struct gens *g, int dir, const char *name, int wait_ms, struct why *why)
{
	*g = (struct gens){ .dir = dir, .name = name };
	g->lock = lockfile_take(dir, PROFILE_LOCK, wait_ms);
	if (g->lock < 0 && errno == ETIMEDOUT)
		return why_set(why, "lock profile of %s: another process has "
		    "held it for %d s", name, wait_ms / 1000);
	if (g->lock < 0)
		return why_errno(why, "lock profile of %s: %s", name,
		    PROFILE_LOCK);
	if (read_profile(g, why) < 0) {
		end(g);
		return -1;
	}
	return 0;
}

static int
make_current(const struct gens *g, uint32_t number, struct why *why)
{
	if (profile_switch(g->dir, number) < 0)
		return why_errno(why, "make generation %" PRIu32 " the current "
		    "one of %s", number, g->name);
	return 0;
}

/* add - nix-env --set takes no lock, and may be the first to add */
static int
add(struct gens *g, const char *target, uint32_t *number, struct why *why)
{
	int r, tries = 10;

	while ((r = profile_add(g->dir, &g->p, target, number)) < 0 &&
	    errno == EEXIST && --tries > 0)
		if (read_profile(g, why) < 0)
			return -1;
	if (r < 0)
		return why_errno(why, "add a generation to the profile of %s",
		    g->name);
	return 0;
}

int
gens_set(int dir, const char *name, int wait_ms, const char *target,
    struct why *why)
{
	struct gens g;
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
back_to(const struct gens *g, int64_t asked, struct why *why)
{
	int64_t n = -1;

	if (asked >= 0 && profile_find(&g->p, asked))
		return asked;
	if (asked >= 0)
		return why_set(why, "%s has no generation %" PRId64, g->name,
		    asked);
	for (size_t i = 0; i < g->p.n; i++)
		if (g->p.gen[i].number < g->p.current)
			n = g->p.gen[i].number;
	if (g->p.current < 0)
		return why_set(why, "%s has no current generation", g->name);
	if (n < 0)
		return why_set(why, "%s has no generation before %" PRId64,
		    g->name, g->p.current);
	return n;
}

int
gens_back(int dir, const char *name, int wait_ms, int64_t number,
    struct why *why)
{
	struct gens g;
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
delete(const struct gens *g, const struct genspec *spec, bool *doomed,
    struct why *why)
{
	if (genspec_select(spec, &g->p, time(NULL), doomed) < 0)
		return errno == EBUSY ?
		    why_set(why, "%" PRId64 " is the current generation of %s, "
		    "and stays: none was deleted", g->p.current, g->name) :
		    why_set(why, "%s has no current generation", g->name);
	if (profile_delete(g->dir, &g->p, doomed) < 0)
		return why_errno(why, "delete generations of %s", g->name);
	return 0;
}

int
gens_delete(int dir, const char *name, int wait_ms, const struct genspec *spec,
    struct why *why)
{
	struct gens g;
	bool *doomed;
	int r;

	if (begin(&g, dir, name, wait_ms, why) < 0)
		return -1;
	doomed = calloc(g.p.n + 1, sizeof(*doomed));
	r = doomed ? delete(&g, spec, doomed, why) :
	    why_errno(why, "delete generations of %s", name);
	free(doomed);
	end(&g);
	return r;
}
