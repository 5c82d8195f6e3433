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
#include <unistd.h>

#include "base/fd.h"
#include "nix/dirs.h"
#include "nix/gc.h"
#include "nix/generation.h"
#include "nix/hold.h"
#include "nix/profile.h"
#include "base/storepath.h"
#include "tree/inroot.h"
#include "tree/remove.h"

enum {
	ADOPT_MAX = 32,		/* generations at a time */
	HOST_MAX = 256,		/* the host's, above which none is added */
	DEPTH_MAX = 8,		/* of directories of links */
};

/* is_drv - Nix would build it, instead of the system that it describes */
static bool
is_drv(const char *name)
{
	size_t n = strlen(name);

	return n >= 4 && !strcmp(name + n - 4, ".drv");
}

/* adopt_path - add a generation, if it is a store path that exists */
static int
adopt_path(const struct inside *c, int profile, const char *path,
    struct errmsg *why)
{
	auto_close int hold = -1;
	char name[STOREPATH_NAME];
	struct stat st;

	if (storepath_name(path, name) < 0 || is_drv(name) ||
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
	if (host.n >= HOST_MAX)
		r = errmsg_set(why, "%s has %zu generations: none of its own is "
		    "added; see ctr-gcroot delete-generations", c->name,
		    host.n);
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

static int move_entries(int from, int to, int depth,
    bool (*is_ours)(const char *name));

/* move_dir - its links, and those below; 0 if that is no directory */
static int
move_dir(int from, int to, const char *name, int depth)
{
	auto_close int dir = inroot_open(from, name, O_RDONLY | O_DIRECTORY,
	    INROOT_NO_LINKS);
	auto_close int into = -1;

	if (dir < 0 || depth == 0)
		return 0;
	into = inroot_mkdirs(to, name, 0755);
	if (into < 0)
		return -1;
	return move_entries(dir, into, depth - 1, NULL);
}

/* move_entry - copy links, and remove the original, whatever it is */
static int
move_entry(int from, int to, const char *name, int depth)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(from, name, text, sizeof(text) - 1);
	struct stat owner;

	if (n < 0 && move_dir(from, to, name, depth) < 0)
		return -1;
	if (n >= 0) {
		text[n] = '\0';
		if (fstat(to, &owner) < 0 ||
		    (symlinkat(text, to, name) < 0 && errno != EEXIST) ||
		    fchownat(to, name, owner.st_uid, owner.st_gid,
		    AT_SYMLINK_NOFOLLOW) < 0)
			return -1;
	}
	return remove_at(from, name);
}

/* move_entries - all that is not the host's own */
static int
move_entries(int from, int to, int depth, bool (*is_ours)(const char *name))
{
	DIR *d = fd_entries(from);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -1;
	while (r == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    !(is_ours && is_ours(e->d_name)))
			r = move_entry(from, to, e->d_name, depth);
	closedir(d);
	return r;
}

int
inside_move(const struct inside *c, int profile, int root, struct errmsg *why)
{
	auto_close int roots = dirs_open(c->state, DIRS_ROOTS, c->name, false);
	auto_close int to_profiles = inroot_mkdirs(root, INSIDE_PROFILES, 0755);
	auto_close int to_roots = inroot_mkdirs(root, INSIDE_ROOTS, 0755);

	if (roots < 0 || to_profiles < 0 || to_roots < 0 ||
	    move_entries(profile, to_profiles, DEPTH_MAX, profile_owns) < 0 ||
	    move_entries(roots, to_roots, DEPTH_MAX, hold_owns) < 0)
		return errmsg_errno(why, "move profiles and roots of %s into its "
		    "tree", c->name);
	return 0;
}
