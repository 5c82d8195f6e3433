/* SPDX-License-Identifier: MIT */
/* roots.c - roots on the host for links made inside a container */
#define _GNU_SOURCE
#include "nix/roots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "nix/dirs.h"
#include "nix/gc.h"
#include "nix/inside.h"
#include "nix/linkfile.h"
#include "nix/profile.h"
#include "base/storepath.h"
#include "tree/inroot.h"
#include "tree/mounts.h"
#include "tree/remove.h"

enum {
	DEPTH_MAX = 16,		/* directories below the roots directory */
	ENTRIES_MAX = 100000,	/* entries in all of them */
};

/* The sync of one container. */
struct roots {
	const char *state;
	int root, store, wait_ms;
	bool has_mounts;
	struct strset links, names;	/* found: records, and names in the store */
	int entries;		/* how many more entries may be read */
	bool truncated;		/* too many entries, or too deep */
	int link_errno;		/* of a link that could not be read, or 0 */
	dev_t tmpfs;		/* the tmpfs last seen by is_persistent */
	bool tmpfs_of_host;
};

/* is_persistent - not on a tmpfs of the container, which ends with it */
static bool
is_persistent(struct roots *s, int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0 ||
	    fs.f_type != TMPFS_MAGIC)
		return true;
	if (s->tmpfs != st.st_dev) {
		s->tmpfs = st.st_dev;
		s->tmpfs_of_host = mounts_has(st.st_dev);
	}
	return s->tmpfs_of_host;
}

/* open_link - *flag becomes that of the link's record */
static int
open_link(struct roots *s, const char *path, char *flag)
{
	int fd;

	*flag = '=';
	fd = inroot_open(s->root, path, O_PATH | O_NOFOLLOW, INROOT_ONE_MOUNT);
	if (fd >= 0 || errno != EXDEV)
		return fd;
	fd = inroot_open(s->root, path, O_PATH | O_NOFOLLOW, INROOT_LINKS);
	if (fd >= 0 && is_persistent(s, fd))
		*flag = '+';
	return fd;
}

static bool
is_no_link_errno(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP ||
	    error == ENAMETOOLONG || error == EXDEV;
}

/*
 * read_link - read a link into the store
 *
 * Returns 1 and the name in the store, 0 if there is no such link, or -1 if
 * that is unknown.
 */
static int
read_link(struct roots *s, const char *path, char *flag, char *name)
{
	auto_close int fd = open_link(s, path, flag);
	char text[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return is_no_link_errno(errno) ? 0 : -1;
	if (fstat(fd, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode))
		return 0;
	n = readlinkat(fd, "", text, sizeof(text) - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return storepath_name(text, name) == 0;
}

static bool
is_in_store(const struct roots *s, const char *name)
{
	struct stat st;

	return fstatat(s->store, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
add_link(struct roots *s, char flag, const char *name, const char *path)
{
	char record[LINKFILE_RECORD];

	if (!is_in_store(s, name))
		return 0;
	snprintf(record, sizeof(record), "%c%s%s", flag, name, path);
	if (strset_add(&s->links, record) < 0)
		return -1;
	return strset_add(&s->names, name);
}

/* consider_link - add the link at path, if there is one */
static int
consider_link(struct roots *s, const char *path)
{
	char flag, name[STOREPATH_NAME];
	int r;

	if (path[0] != '/')
		return 0;
	r = read_link(s, path, &flag, name);
	if (r < 0)
		s->link_errno = errno;
	if (r <= 0)
		return 0;
	return add_link(s, flag, name, path);
}

/* consider_known - add the link of a record; if it is unreadable, as recorded */
static int
consider_known(struct roots *s, const char *record)
{
	const char *path = strchr(record, '/');
	char flag, name[STOREPATH_NAME];
	int r;

	if (!path || path - record > STOREPATH_NAME)
		return 0;
	r = read_link(s, path, &flag, name);
	if (r > 0)
		return add_link(s, flag, name, path);
	if (r < 0)
		s->link_errno = errno;
	else if (s->has_mounts || record[0] != '+')
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(path - record - 1),
	    record + 1);
	return add_link(s, record[0], name, path);
}

static int walk_roots(struct roots *s, int dir, const char *path, int depth);

static int
walk_subdir(struct roots *s, int dir, const char *name, const char *path,
    int depth)
{
	auto_close int fd = inroot_open(dir, name, O_RDONLY | O_DIRECTORY,
	    INROOT_NO_LINKS);

	if (fd < 0)
		return 0;	/* not a directory */
	if (depth == DEPTH_MAX) {
		s->truncated = true;
		return 0;
	}
	return walk_roots(s, fd, path, depth + 1);
}

/* walk_entry - a link into the store, to a link, or a directory with such */
static int
walk_entry(struct roots *s, int dir, const char *name, const char *above,
    int depth)
{
	char text[PATH_MAX], path[PATH_MAX], store_name[STOREPATH_NAME];
	ssize_t n;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	/* The profile "system" is the host's. */
	if (!strcmp(above, "/" INSIDE_PROFILES) && profile_owns(name))
		return 0;
	if (s->entries == 0) {
		s->truncated = true;
		return 0;
	}
	s->entries--;
	if (snprintf(path, sizeof(path), "%s/%s", above, name) >= PATH_MAX)
		return 0;
	n = readlinkat(dir, name, text, sizeof(text) - 1);
	if (n < 0)
		return walk_subdir(s, dir, name, path, depth);
	text[n] = '\0';
	return consider_link(s, storepath_name(text, store_name) == 0 ? path :
	    text);
}

/* walk_roots - consider each link below a directory with that path */
static int
walk_roots(struct roots *s, int dir, const char *path, int depth)
{
	DIR *d = fd_entries(dir);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -1;
	while (r == 0 && !(s->truncated && s->entries == 0)) {
		e = readdir(d);
		if (!e)
			break;
		r = walk_entry(s, dir, e->d_name, path, depth);
	}
	closedir(d);
	return r;
}

/* walk_inside - a directory of the container's, if it has that */
static int
walk_inside(struct roots *s, const char *path)
{
	auto_close int fd = inroot_open(s->root, path, O_RDONLY | O_DIRECTORY,
	    INROOT_NO_LINKS);

	if (fd < 0)
		return 0;
	return walk_roots(s, fd, path, 0);
}

/*
 * walk_registered - consider each path in the host's gcroots/auto
 *
 * They do not say which container they belong to, so each one is tried in each
 * container.  None is stored before, so that no container can crowd out the
 * paths of another: a flood takes time, and too much time is a failure.
 */
static int
walk_registered(struct roots *s)
{
	char text[PATH_MAX];
	struct dirent *e;
	DIR *d;
	int r = 0;

	snprintf(text, sizeof(text), "%s/gcroots/auto", s->state);
	d = opendir(text);
	if (!d)
		return errno == ENOENT ? 0 : -1;
	while (r == 0 && (errno = 0, e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, text,
		    sizeof(text) - 1);

		if (n <= 0)
			continue;
		text[n] = '\0';
		r = consider_link(s, text);
	}
	if (r == 0 && errno)
		r = -1;
	closedir(d);
	return r;
}

static int
find_links(struct roots *s, const struct strset *known)
{
	for (size_t i = 0; i < known->n; i++)
		if (consider_known(s, known->text[i]) < 0)
			return -1;
	if (walk_inside(s, "/" INSIDE_ROOTS) < 0 ||
	    walk_inside(s, "/" INSIDE_PROFILES) < 0 || walk_registered(s) < 0)
		return -1;
	strset_sort(&s->links);
	strset_sort(&s->names);
	return 0;
}

/* add_root - 1: added; 0: exists already, or its store path is gone */
static int
add_root(const struct roots *s, int dir, const char *name)
{
	auto_close int hold = -1;
	char path[PATH_MAX];
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", storepath_store(), name);
	if (gc_hold(s->state, path, s->wait_ms, &hold) < 0)
		return -1;
	if (!is_in_store(s, name))
		return 0;
	if (symlinkat(path, dir, name) < 0)
		return -1;
	return 1;
}

/* add_roots - add the missing roots; on disk on return */
static int
add_roots(const struct roots *s, int dir)
{
	bool changed = false;

	for (size_t i = 0; i < s->names.n; i++) {
		int r = add_root(s, dir, s->names.text[i]);

		if (r < 0)
			return -1;
		if (r > 0)
			changed = true;
	}
	if (!changed)
		return 0;
	return fsync(dir);
}

/* remove_roots - remove the roots that no link needs; on disk on return */
static int
remove_roots(int dir, const struct strset *names)
{
	DIR *d = fd_entries(dir);
	bool changed = false;
	struct dirent *e;
	int r = 0;

	if (!d)
		return -1;
	while (r == 0 && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    !strcmp(e->d_name, LINKFILE) ||
		    strset_has(names, e->d_name))
			continue;
		r = unlinkat(dir, e->d_name, 0);
		changed = true;
	}
	closedir(d);
	if (r == 0 && changed)
		r = fsync(dir);
	return r;
}

/* update_roots - if killed, it leaves roots too many, never too few */
static int
update_roots(struct roots *s, int dir)
{
	struct strset known = { 0 };
	int r = -1;

	if (linkfile_read(dir, &known) == 0 &&
	    find_links(s, &known) == 0 &&
	    add_roots(s, dir) == 0 &&
	    linkfile_write(dir, &known, &s->links) == 0)
		r = remove_roots(dir, &s->names);
	strset_free(&known);
	return r;
}

/* undo_if_removed - if the container was removed meanwhile, remove its roots */
static int
undo_if_removed(const char *state, const char *name, int roots_dir)
{
	auto_close int parent = -1;
	struct stat st;

	if (fstat(roots_dir, &st) < 0 || st.st_nlink > 0)
		return 0;
	parent = dirs_parent(state, DIRS_SYNCED, false);
	if (parent < 0)
		return -1;
	return remove_at(parent, name);
}

/* check_complete - fails if the update left something out */
static int
check_complete(const struct roots *s, const char *name, struct errmsg *why)
{
	if (s->truncated || s->links.full || s->names.full)
		return errmsg_set(why, "sync %s: too many roots, or nested too "
		    "deeply", name);
	if (!s->link_errno)
		return 0;
	errno = s->link_errno;
	return errmsg_errno(why, "sync %s: read a link in the container", name);
}

/* open_synced - open the container's DIRS_SYNCED, locked against other syncs */
static int
open_synced(const char *state, const char *name)
{
	auto_close int dir = dirs_open(state, DIRS_SYNCED, name, true);

	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return -1;
	return fd_take(&dir);
}

static int
run_sync(struct roots *s, const char *name, int roots_dir, int dir,
    struct errmsg *why)
{
	int r = update_roots(s, dir);

	if (r == 0)
		r = undo_if_removed(s->state, name, roots_dir);
	if (r == 0)
		return check_complete(s, name, why);
	if (errno == ETIMEDOUT)
		return errmsg_set(why, "sync %s: timed out waiting for a garbage "
		    "collection", name);
	return errmsg_errno(why, "sync %s", name);
}

int
roots_sync(const char *state, const char *name, int root, bool has_mounts,
    int wait_ms, struct errmsg *why)
{
	auto_close int roots_dir = dirs_open(state, DIRS_ROOTS, name, false);
	auto_close int dir = -1, store = -1;
	struct roots s = { .state = state, .root = root, .wait_ms = wait_ms,
	    .has_mounts = has_mounts, .entries = ENTRIES_MAX };
	int r;

	if (roots_dir < 0)
		return errmsg_errno(why, "sync %s: open %s/%s/%s", name, state,
		    dirs_path[DIRS_ROOTS], name);
	store = open(storepath_store(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store < 0)
		return errmsg_errno(why, "sync %s: open %s", name,
		    storepath_store());
	dir = open_synced(state, name);
	if (dir < 0)
		return errmsg_errno(why, "sync %s: open %s/%s/%s", name, state,
		    dirs_path[DIRS_SYNCED], name);
	s.store = store;
	r = run_sync(&s, name, roots_dir, dir, why);
	strset_free(&s.links);
	strset_free(&s.names);
	return r;
}
