/* SPDX-License-Identifier: MIT */
/* remove.c - remove an untrusted tree */
#define _GNU_SOURCE
#include "tree/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"

enum {
	DEPTH = 64,	/* each level holds a descriptor; deeper is moved up */
	MOVES = 1000000,
	PASSES = 100,	/* in case somebody keeps filling a directory */
};

/* A directory that is being emptied; top is the one it began with. */
struct at {
	int top, fd, depth;
	unsigned *moved;	/* how many were moved up; names them too */
};

static int
open_dir(int dir, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
		    RESOLVE_BENEATH,
	};

	return (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

/* clear_immutable - and append-only: these flags forbid a removal */
static void
clear_immutable(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags); /* unlink fails again */
}

/* Only files and directories are opened: opening a device has effects. */
static void
clear_immutable_at(int dir, const char *name)
{
	auto_close int node = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	auto_close int fd = -1;
	char path[32];
	struct stat st;

	if (node < 0 || fstat(node, &st) < 0 ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		clear_immutable(fd);
}

static int
unlink_existing(int dir, const char *name, int flags)
{
	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

/* unlink_entry - whatever its flags; 0 also if it does not exist */
static int
unlink_entry(int dir, const char *name, int flags)
{
	if (unlink_existing(dir, name, flags) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	clear_immutable(dir);
	clear_immutable_at(dir, name);
	return unlink_existing(dir, name, flags);
}

/* move_up - move an entry to an unused name in top */
static int
move_up(const struct at *at, const char *name)
{
	char to[32];

	while (*at->moved < MOVES) {
		snprintf(to, sizeof(to), ".rmtree-%u", (*at->moved)++);
		if (renameat(at->fd, name, at->top, to) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return -1;
	}
	errno = ENOTEMPTY;
	return -1;
}

static int remove_one(const struct at *at, const char *name);

/* remove_entries - one pass over a directory; returns how many entries it saw */
static int
remove_entries(const struct at *at)
{
	DIR *d = fd_entries(at->fd);
	struct dirent *e;
	int n = 0, saved;

	if (!d)
		return -1;
	while ((errno = 0, e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		n++;
		if (remove_one(at, e->d_name) < 0)
			break;
	}
	saved = errno;
	closedir(d);
	errno = saved;
	return saved ? -1 : n;
}

/*
 * empty_dir - remove all entries, in several passes if needed
 *
 * passes: how many were made so far, PASSES at most.  Passes that move entries
 * up do not count: the entries come back in top, and MOVES limits them.
 */
static int
empty_dir(const struct at *at, int *passes)
{
	while (*passes < PASSES) {
		unsigned moved = *at->moved;
		int n = remove_entries(at);

		if (n <= 0)
			return n;
		if (*at->moved != moved)
			*passes = 0;
		else
			(*passes)++;
	}
	errno = ENOTEMPTY;
	return -1;
}

/* remove_dir - a directory with all its entries; inside: the same, open */
static int
remove_dir(int dir, const char *name, const struct at *inside)
{
	int passes = 0;

	do {
		if (empty_dir(inside, &passes) < 0)
			return -1;
		if (unlink_entry(dir, name, AT_REMOVEDIR) == 0)
			return 0;
		passes++;	/* somebody has put something in */
	} while (errno == ENOTEMPTY);
	return -1;
}

static int
remove_one(const struct at *at, const char *name)
{
	struct at inside = { .top = at->top, .depth = at->depth + 1,
	    .moved = at->moved };
	auto_close int fd = -1;

	if (unlink_entry(at->fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -1;
	if (at->depth >= DEPTH)
		return move_up(at, name);
	fd = open_dir(at->fd, name);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	inside.fd = fd;
	return remove_dir(at->fd, name, &inside);
}

int
remove_at(int dir, const char *name)
{
	auto_close int fd = -1;
	unsigned moved = 0;
	struct at top = { .moved = &moved };

	if (unlink_entry(dir, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -1;
	fd = open_dir(dir, name);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	top.top = top.fd = fd;
	return remove_dir(dir, name, &top);
}

int
remove_empty(int dir, const char *name)
{
	auto_close int fd = openat(dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	unsigned moved = 0;
	struct at top = { .top = fd, .fd = fd, .moved = &moved };
	int passes = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return empty_dir(&top, &passes);
}
