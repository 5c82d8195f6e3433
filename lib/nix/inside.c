/* SPDX-License-Identifier: MIT */
/* inside.c - profiles and roots in the tree of a container */
#define _GNU_SOURCE
#include "nix/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "nix/gc.h"
#include "nix/generation.h"
#include "nix/hold.h"
#include "nix/profile.h"
#include "nix/storepath.h"
#include "tree/copy.h"
#include "tree/inroot.h"
#include "tree/remove.h"

enum { ADOPT_MAX = 32 };	/* generations at a time */

/* adopt_path - add a generation, if it is a store path that exists */
static int
adopt_path(const struct inside *c, int profile, const char *path,
    struct errmsg *why)
{
	auto_close int hold = -1;
	char name[STOREPATH_NAME];
	struct stat st;

	if (storepath_name(path, name) < 0 ||
	    strcmp(path + strlen(path) - strlen(name), name) != 0)
		return 0;
	if (gc_hold(c->state, path, c->wait_ms, &hold) < 0)
		return errmsg_errno(why, "protect a system of %s from the "
		    "garbage collector", c->name);
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return generation_set(profile, c->name, c->wait_ms, path, why);
}

/* is_known - does the host's generation of that number have this target? */
static bool
is_known(int profile, uint32_t number, const char *target)
{
	char own[PATH_MAX];

	return profile_target(profile, number, own, sizeof(own)) >= 0 &&
	    !strcmp(own, target);
}

/* first_new - the number of the first generation that may be new */
static int64_t
first_new(const struct profile *host, int64_t last)
{
	int64_t first = host->highest + 1;

	if (first > last)
		first = last;
	if (first <= last - ADOPT_MAX)
		first = last - ADOPT_MAX + 1;
	return first;
}

int
inside_adopt(const struct inside *c, int profile, int root, struct errmsg *why)
{
	auto_close int dir = inroot_open(root, INSIDE_PROFILES,
	    O_RDONLY | O_DIRECTORY, INROOT_NO_LINKS);
	char target[PATH_MAX];
	struct profile host;
	int64_t last;
	int r = 0;

	if (dir < 0)
		return 0;	/* it made none */
	last = profile_current(dir);
	if (last < 0 || profile_target(dir, (uint32_t)last, target,
	    sizeof(target)) < 0 || is_known(profile, (uint32_t)last, target))
		return 0;
	if (profile_read(profile, &host) < 0)
		return errmsg_errno(why, "read profile of %s", c->name);
	for (int64_t i = first_new(&host, last); r == 0 && i <= last; i++)
		if (profile_target(dir, (uint32_t)i, target,
		    sizeof(target)) >= 0)
			r = adopt_path(c, profile, target, why);
	profile_free(&host);
	return r;
}

int
inside_show(const struct inside *c, int profile, int root, struct errmsg *why)
{
	auto_close int dir = inroot_mkdirs(root, INSIDE_PROFILES, 0755);
	auto_close int roots = inroot_mkdirs(root, INSIDE_ROOTS, 0755);

	if (dir < 0 || roots < 0 || profile_mirror(profile, dir) < 0)
		return errmsg_errno(why, "show its profile to %s", c->name);
	return 0;
}

/* move_entry - copy it, and remove the original */
static int
move_entry(int from, const char *name, int to, const struct copy_tree *how)
{
	auto_close int node = openat(from, name,
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (node < 0)
		return -1;
	/* EINVAL: a FIFO or device */
	if (copy_tree(node, to, name, how) < 0 && errno != EEXIST &&
	    errno != EISDIR && errno != EINVAL)
		return -1;
	return remove_at(from, name);
}

/* move_entries - all that is not the host's own */
static int
move_entries(int from, int to, bool (*is_ours)(const char *name),
    const struct stat *owner)
{
	unsigned long skipped = 0;
	const struct copy_tree how = { .uid = owner->st_uid,
	    .gid = owner->st_gid, .mask = 0777, .skipped = &skipped };
	DIR *d = fd_entries(from);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -1;
	while (r == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    !is_ours(e->d_name))
			r = move_entry(from, e->d_name, to, &how);
	closedir(d);
	return r;
}

int
inside_move(const struct inside *c, int profile, int roots, int root,
    struct errmsg *why)
{
	auto_close int to_profiles = inroot_mkdirs(root, INSIDE_PROFILES, 0755);
	auto_close int to_roots = inroot_mkdirs(root, INSIDE_ROOTS, 0755);
	struct stat owner;

	if (to_profiles < 0 || to_roots < 0 || fstat(root, &owner) < 0 ||
	    move_entries(profile, to_profiles, profile_owns, &owner) < 0 ||
	    move_entries(roots, to_roots, hold_owns, &owner) < 0)
		return errmsg_errno(why, "move profiles and roots of %s into its "
		    "tree", c->name);
	return 0;
}
