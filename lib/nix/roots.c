/* SPDX-License-Identifier: MIT */
/* roots.c - real roots for those that were made inside a container */
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
#include "nix/gc.h"
#include "tree/inroot.h"
#include "nix/linkfile.h"
#include "tree/mounts.h"
#include "nix/dirs.h"
#include "tree/remove.h"
#include "nix/storepath.h"

enum {
	DEPTH = 16,		/* of directories in those of roots */
	ENTRIES = 100000,	/* in all of them together */
};

/* sync - the work on one container */
struct sync {
	const char *state;
	int root, store, wait_ms;
	bool whole;
	struct strset links, names;
	int left;	/* how many entries may still be looked at */
	bool cut;	/* there were more, or deeper ones */
	int unsure;	/* the errno of what could not be looked at, or 0 */
	dev_t tmpfs;	/* the one that was asked about last, and the answer */
	bool tmpfs_of_host;
};

/* What lies in these the host's collector sees by itself. */
static bool
is_seen(const char *path)
{
	return !strncmp(path, "/nix/var/nix/gcroots/", 21) ||
	    !strncmp(path, "/nix/var/nix/profiles/", 22);
}

/*
 * outlives - is what a link lies on there when the container does not run?
 *
 * Its /tmp is not: a tmpfs of its own ends with it.
 */
static bool
outlives(struct sync *s, int fd)
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

/* open_link - *flag becomes '+' where it lies on something mounted that stays */
static int
open_link(struct sync *s, const char *path, char *flag)
{
	int fd;

	*flag = '=';
	fd = inroot_open(s->root, path, O_PATH | O_NOFOLLOW, INROOT_ONE_MOUNT);
	if (fd >= 0 || errno != EXDEV)
		return fd;
	fd = inroot_open(s->root, path, O_PATH | O_NOFOLLOW, INROOT_LINKS);
	if (fd >= 0 && outlives(s, fd))
		*flag = '+';
	return fd;
}

/*
 * read_link - is there a link to something that the store has?
 *
 * Returns 1 and its name, 0 if there is none, or -1 if that cannot be told.
 */
static int
read_link(struct sync *s, const char *path, char *flag, char *name)
{
	auto_close int fd = open_link(s, path, flag);
	char text[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
		    errno == ENAMETOOLONG || errno == EXDEV ? 0 : -1;
	if (fstat(fd, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode))
		return 0;
	if ((n = readlinkat(fd, "", text, sizeof(text) - 1)) < 0)
		return -1;
	text[n] = '\0';
	return storepath_name(text, name) == 0;
}

static bool
in_store(const struct sync *s, const char *name)
{
	struct stat st;

	return fstatat(s->store, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
keep(struct sync *s, char flag, const char *name, const char *path)
{
	char record[LINKFILE_RECORD];

	if (!in_store(s, name))
		return 0;
	snprintf(record, sizeof(record), "%c%s%s", flag, name, path);
	if (strset_add(&s->links, record) < 0 ||
	    strset_add(&s->names, name) < 0)
		return -1;
	return 0;
}

/* judge_new - a path that may be that of a link in the container */
static int
judge_new(struct sync *s, const char *path)
{
	char flag, name[STOREPATH_NAME];
	int r;

	if (path[0] != '/' || is_seen(path))
		return 0;
	if ((r = read_link(s, path, &flag, name)) < 0)
		s->unsure = errno;
	return r > 0 ? keep(s, flag, name, path) : 0;
}

/* judge_known - one that was there before; what it led to then is in record */
static int
judge_known(struct sync *s, const char *record)
{
	const char *path = strchr(record, '/');
	char flag, name[STOREPATH_NAME];
	int r;

	if (!path || path - record > STOREPATH_NAME)
		return 0;
	r = read_link(s, path, &flag, name);
	if (r > 0)
		return keep(s, flag, name, path);
	if (r < 0)
		s->unsure = errno;
	else if (s->whole || record[0] != '+')
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(path - record - 1),
	    record + 1);
	return keep(s, record[0], name, path);
}

static int walk(struct sync *s, int dir, int depth);

static int
walk_into(struct sync *s, int dir, const char *name, int depth)
{
	auto_close int fd = inroot_open(dir, name, O_RDONLY | O_DIRECTORY,
	    INROOT_NO_LINKS);

	if (fd < 0)
		return 0;	/* it is something else */
	if (depth == DEPTH) {
		s->cut = true;
		return 0;
	}
	return walk(s, fd, depth + 1);
}

static int
walk_entry(struct sync *s, int dir, const char *name, int depth)
{
	char text[PATH_MAX];
	ssize_t n;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (s->left-- <= 0) {
		s->cut = true;
		return 0;
	}
	n = readlinkat(dir, name, text, sizeof(text) - 1);
	if (n < 0)
		return walk_into(s, dir, name, depth);
	text[n] = '\0';
	return judge_new(s, text);
}

/* walk - a directory that the container may change meanwhile */
static int
walk(struct sync *s, int dir, int depth)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		fd_cleanup(&fd);
		return -1;
	}
	while (r == 0 && !(s->cut && s->left <= 0) && (errno = 0, e = readdir(d)))
		r = walk_entry(s, dir, e->d_name, depth);
	closedir(d);
	return r;
}

static int
gather(struct sync *s, int roots, const struct strset *known,
    const struct strset *offers)
{
	for (size_t i = 0; i < known->n; i++)
		if (judge_known(s, known->text[i]) < 0)
			return -1;
	if (walk(s, roots, 0) < 0)
		return -1;
	for (size_t i = 0; i < offers->n; i++)
		if (judge_new(s, offers->text[i]) < 0)
			return -1;
	strset_sort(&s->links);
	strset_sort(&s->names);
	return 0;
}

/* add_root - 1: made, 0: it was there, or its path is gone by now */
static int
add_root(const struct sync *s, int dir, const char *name)
{
	auto_close int hold = -1;
	char path[PATH_MAX];
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", storepath_store(), name);
	if (gc_hold(s->state, path, s->wait_ms, &hold) < 0)
		return -1;
	if (!in_store(s, name))
		return 0;
	return symlinkat(path, dir, name) < 0 ? -1 : 1;
}

/* add_roots - those that are missing; on disk on return */
static int
add_roots(const struct sync *s, int dir)
{
	bool changed = false;

	for (size_t i = 0; i < s->names.n; i++) {
		int r = add_root(s, dir, s->names.text[i]);

		if (r < 0)
			return -1;
		changed |= r > 0;
	}
	return changed ? fsync(dir) : 0;
}

/* drop_roots - those that no link stands for any more */
static int
drop_roots(int dir, const struct strset *names)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool changed = false;
	struct dirent *e;

	if (!d) {
		fd_cleanup(&fd);
		return -1;
	}
	while (r == 0 && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    !strcmp(e->d_name, LINKFILE) ||
		    strset_has(names, e->d_name))
			continue;
		r = unlinkat(dir, e->d_name, 0);
		changed = true;
	}
	closedir(d);
	return r == 0 && changed ? fsync(dir) : r;
}

/* What is added is there before it is counted on, what is dropped goes last. */
static int
work(struct sync *s, int roots, int dir, const struct strset *offers)
{
	struct strset known = { 0 };
	int r = -1;

	if (linkfile_read(dir, &known) == 0 &&
	    gather(s, roots, &known, offers) == 0 &&
	    add_roots(s, dir) == 0 &&
	    linkfile_write(dir, &known, &s->links) == 0)
		r = drop_roots(dir, &s->names);
	strset_free(&known);
	return r;
}

/* undo_if_removed - a removal of the container may have come in between */
static int
undo_if_removed(const char *state, const char *name, int roots)
{
	auto_close int parent = -1;
	struct stat st;

	if (fstat(roots, &st) < 0 || st.st_nlink > 0)
		return 0;
	parent = dirs_parent(state, DIRS_SYNCED, false);
	return parent < 0 || remove_at(parent, name) < 0 ? -1 : 0;
}

/* verdict - all is done; was it all there is? */
static int
verdict(const struct sync *s, const char *name, struct errmsg *why)
{
	if (s->cut || s->links.full || s->names.full)
		return errmsg_set(why, "sync %s: it has more roots, or deeper "
		    "directories of them, than are looked at", name);
	errno = s->unsure;
	return !errno ? 0 :
	    errmsg_errno(why, "sync %s: look at one of its links", name);
}

int
roots_sync(const char *state, const char *name, int root, bool whole,
    const struct strset *offers, int wait_ms, struct errmsg *why)
{
	auto_close int roots = dirs_open(state, DIRS_ROOTS, name, false);
	auto_close int dir = -1, store = -1;
	struct sync s = { .state = state, .root = root, .whole = whole,
	    .left = ENTRIES, .wait_ms = wait_ms };
	int r;

	if (roots < 0)
		return errmsg_errno(why, "sync %s: open %s/%s/%s", name, state,
		    dirs_path[DIRS_ROOTS], name);
	store = open(storepath_store(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store < 0)
		return errmsg_errno(why, "sync %s: open %s", name,
		    storepath_store());
	dir = dirs_open(state, DIRS_SYNCED, name, true);
	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return errmsg_errno(why, "sync %s: open %s/%s/%s", name, state,
		    dirs_path[DIRS_SYNCED], name);
	s.store = store;
	r = work(&s, roots, dir, offers);
	if (r == 0)
		r = undo_if_removed(state, name, roots);
	if (r < 0 && errno == ETIMEDOUT)
		r = errmsg_set(why, "sync %s: a garbage collection runs that "
		    "cannot be told of its roots", name);
	else
		r = r < 0 ? errmsg_errno(why, "sync %s", name) :
		    verdict(&s, name, why);
	strset_free(&s.links);
	strset_free(&s.names);
	return r;
}
