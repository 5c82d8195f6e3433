/* SPDX-License-Identifier: MIT */
/* closure.c - a view of some paths of the store */
#define _GNU_SOURCE
#include "tree/closure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>
#ifndef OPEN_TREE_CLONE			/* musl lacks it, glibc has it */
#include <linux/mount.h>
#endif

#include "base/fd.h"
#include "base/storepath.h"
#include "tree/remove.h"

#define VIEW "view"		/* the stubs, in a layer */
#define NEW "new"		/* a layer that is not whole yet */
#define FD_PATH "/proc/self/fd/%d"
#define OVERLAY "trusted.overlay."

/* add_name - returns -1 with errno */
static int
add_name(struct closure *c, const char *name)
{
	char **more = c->name;

	if ((c->n & (c->n - 1)) == 0)	/* full at 0, 1, 2, 4, 8 ... */
		more = realloc(c->name, (2 * c->n + 1) * sizeof(*more));
	if (!more)
		return -1;
	c->name = more;
	c->name[c->n] = strdup(name);
	return c->name[c->n++] ? 0 : -1;
}

int
closure_read(FILE *from, struct closure *c, struct errmsg *why)
{
	char name[STOREPATH_NAME], *line = NULL;
	size_t room = 0, store = strlen(storepath_store());
	ssize_t n;

	while ((n = getline(&line, &room, from)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (storepath_name(line, name) < 0 ||
		    strlen(line) != (size_t)n ||
		    store + 1 + strlen(name) != (size_t)n)
			return errmsg_set(why, "standard input, line %zu: not "
			    "a path in %s", c->n + 1, storepath_store());
		if (add_name(c, name) < 0)
			return errmsg_errno(why, "read the list of paths");
	}
	free(line);
	if (ferror(from))
		return errmsg_errno(why, "read standard input");
	return 0;
}

/* dress - what a stub has of its path, and where the overlay finds the rest */
static int
dress(int stub, const char *name, const struct stat *st)
{
	const struct timespec time[2] = { st->st_atim, st->st_mtim };
	char target[STOREPATH_NAME + 1];
	int n = snprintf(target, sizeof(target), "/%s", name);

	if (fsetxattr(stub, OVERLAY "redirect", target, (size_t)n, 0) < 0 ||
	    fchown(stub, st->st_uid, st->st_gid) < 0 ||
	    fchmod(stub, st->st_mode & 07777) < 0)
		return -1;
	return futimens(stub, time);
}

/* make_dir - make a directory and open it; -1 with errno */
static int
make_dir(int at, const char *name)
{
	if (mkdirat(at, name, 0755) < 0)
		return -1;
	return openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* make_file - with the size, and without the bytes */
static int
make_file(int at, const char *name, off_t size)
{
	auto_close int stub = openat(at, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (stub < 0 || ftruncate(stub, size) < 0 ||
	    fsetxattr(stub, OVERLAY "metacopy", "", 0, 0) < 0)
		return -1;
	return fd_take(&stub);
}

/* make_link - a link is the same in both */
static int
make_link(int at, int store, const char *name, const struct stat *st)
{
	const struct timespec time[2] = { st->st_atim, st->st_mtim };
	char text[PATH_MAX];
	ssize_t n = readlinkat(store, name, text, sizeof(text) - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	if (symlinkat(text, at, name) < 0 || fchownat(at, name, st->st_uid,
	    st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(at, name, time, AT_SYMLINK_NOFOLLOW);
}

static int
make_stub(int at, int store, const char *name)
{
	auto_close int stub = -1;
	struct stat st;

	if (fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	switch (st.st_mode & S_IFMT) {
	case S_IFLNK: return make_link(at, store, name, &st);
	case S_IFDIR: stub = make_dir(at, name); break;
	case S_IFREG: stub = make_file(at, name, st.st_size); break;
	default:      errno = EINVAL;
	}
	if (stub < 0)
		return -1;
	return dress(stub, name, &st);
}

/* layer_name - of the layer that was made as the nth */
static void
layer_name(char name[16], unsigned n)
{
	snprintf(name, 16, "%u", n);
}

/* layers - how many there are */
static unsigned
layers(int dir)
{
	struct stat st;
	char name[16];
	unsigned n = 0;

	do
		layer_name(name, ++n);
	while (fstatat(dir, name, &st, 0) == 0);
	return n - 1;
}

/* open_locked - open the directory, made if it is missing, and lock it */
static int
open_locked(const char *path)
{
	auto_close int dir = -1;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return -1;
	return fd_take(&dir);
}

/*
 * begin_layer - make a layer without a number; a killed process may have left one
 *
 * Returns a descriptor of its part with the stubs.  In the first one, that hides
 * what the store itself may have of that name.
 */
static int
begin_layer(int dir)
{
	auto_close int layer = -1;
	auto_close int view = -1;

	if (remove_at(dir, NEW) < 0)
		return -1;
	layer = make_dir(dir, NEW);
	if (layer >= 0)
		view = make_dir(layer, VIEW);
	if (view < 0 || (layers(dir) == 0 &&
	    fsetxattr(view, OVERLAY "opaque", "y", 1, 0) < 0))
		return -1;
	return fd_take(&view);
}

static int
end_layer(int dir)
{
	char name[16];

	layer_name(name, layers(dir) + 1);
	return renameat(dir, NEW, dir, name);
}

int
closure_add(const char *path, const struct closure *c, struct errmsg *why)
{
	auto_close int store = open(storepath_store(),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int dir = -1;
	auto_close int view = -1;

	if (store < 0)
		return errmsg_errno(why, "open %s", storepath_store());
	dir = open_locked(path);
	if (dir >= 0)
		view = begin_layer(dir);
	if (view < 0)
		return errmsg_errno(why, "make %s", path);
	for (size_t i = 0; i < c->n; i++)
		if (make_stub(view, store, c->name[i]) < 0)
			return errmsg_errno(why, "show %s/%s",
			    storepath_store(), c->name[i]);
	if (end_layer(dir) < 0)
		return errmsg_errno(why, "make %s", path);
	return 0;
}

/*
 * layer_options - the last layer first, and then the store
 *
 * They are named by descriptors, which stay open until the mount: a path may have a
 * colon.  Returns 0, or -1 with errno: E2BIG if there are too many.
 */
static int
layer_options(int dir, int store, char *options, size_t size)
{
	char name[16];
	size_t at = (size_t)snprintf(options, size, "metacopy=on,"
	    "redirect_dir=follow,lowerdir=");
	int layer;

	for (unsigned n = layers(dir); n > 0; n--) {
		layer_name(name, n);
		layer = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (layer < 0)
			return -1;
		at += (size_t)snprintf(options + at, size - at, FD_PATH ":",
		    layer);
		if (at + 2 * sizeof(FD_PATH) > size) {
			errno = E2BIG;
			return -1;
		}
	}
	snprintf(options + at, size - at, FD_PATH, store);
	return 0;
}

/* mount_overlay - over the directory with the layers */
static int
mount_overlay(const char *path, struct errmsg *why)
{
	auto_close int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int store = open(storepath_store(),
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	char options[4096];		/* the kernel takes no more */

	if (dir < 0)
		return errmsg_errno(why, "open %s", path);
	if (layers(dir) == 0)
		return errmsg_set(why, "%s: no view of the store; to make one: "
		    "ctr-tree closure", path);
	if (store < 0 ||
	    layer_options(dir, store, options, sizeof(options)) < 0 ||
	    mount("overlay", path, "overlay",
	    MS_RDONLY | MS_NOSUID | MS_NODEV, options) < 0)
		return errmsg_errno(why, "mount an overlay of %s",
		    storepath_store());
	return 0;
}

int
closure_mount(const char *path, struct errmsg *why)
{
	auto_close int view = -1;
	char stubs[PATH_MAX];
	int n = snprintf(stubs, sizeof(stubs), "%s/" VIEW, path);

	if (n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return errmsg_errno(why, "%s", path);
	}
	if (mount_overlay(path, why) < 0)
		return -1;
	view = (int)syscall(SYS_open_tree, AT_FDCWD, stubs,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (view < 0 || umount2(path, MNT_DETACH) < 0 ||
	    syscall(SYS_move_mount, view, "", AT_FDCWD, path,
	    MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return errmsg_errno(why, "mount a part of %s on %s",
		    storepath_store(), path);
	return 0;
}

int
closure_share(const char *path, struct errmsg *why)
{
	if (mount("", path, NULL, MS_SHARED, NULL) < 0)
		return errmsg_errno(why, "share %s", path);
	return 0;
}

/* is_empty - a directory, and with nothing in it? */
static bool
is_empty(int at, const char *name)
{
	auto_close int dir = openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return dir >= 0 && fd_is_empty(dir) == 1;
}

/*
 * lacks - does the view lack a path of the store?
 *
 * The kernel keeps what it has looked up: a directory that was deleted, and made
 * again since then, is an empty one in the view.
 */
static bool
lacks(int view, int store, const char *name)
{
	struct stat st;

	if (fstatat(view, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	return is_empty(view, name) && !is_empty(store, name);
}

int
closure_keep_missing(struct closure *c, int dir, struct errmsg *why)
{
	auto_close int store = open(storepath_store(),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;

	if (store < 0)
		return errmsg_errno(why, "open %s", storepath_store());
	for (size_t i = 0; i < c->n; i++)
		if (lacks(dir, store, c->name[i]))
			c->name[n++] = c->name[i];
	c->n = n;
	return 0;
}
