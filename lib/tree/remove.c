/* SPDX-License-Identifier: MIT */
/* remove.c - remove a tree that belongs to somebody else */
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
	DEPTH = 64,	/* what lies deeper is moved up, as each level is a fd */
	MOVES = 1000000,
	PASSES = 100,	/* over a directory that somebody goes on filling */
};

/* at - where the removal is: top is the directory that it began with */
struct at {
	int top, fd, depth;
	unsigned *moved;	/* for names in top that are not in use */
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

/* soften - take off the flags that forbid a removal */
static void
soften(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags); /* the next try shows */
}

/* Only what is a file or directory is opened: a device would be used by it. */
static void
soften_at(int dir, const char *name)
{
	auto_close int seen = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	auto_close int fd = -1;
	char path[32];
	struct stat st;

	if (seen < 0 || fstat(seen, &st) < 0 ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", seen);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) >= 0)
		soften(fd);
}

static int
unlink_hard(int dir, const char *name, int flags)
{
	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return 0;
	if (errno != EPERM)
		return -1;
	soften(dir);
	soften_at(dir, name);
	return unlinkat(dir, name, flags) == 0 || errno == ENOENT ? 0 : -1;
}

/* move_up - to a name in top that is not in use */
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

/* empty - one pass over a directory; how many were there, or -1 */
static int
empty(const struct at *at)
{
	int fd = openat(at->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int n = 0, saved;

	if (!d) {
		fd_cleanup(&fd);
		return -1;
	}
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

/* remove_dir - a directory that is open, with all in it */
static int
remove_dir(int dir, const char *name, const struct at *inside)
{
	for (int i = 0; i < PASSES; i++) {
		unsigned moved = *inside->moved;
		int n = empty(inside);

		if (n < 0)
			return -1;
		if (*inside->moved != moved)
			i = -1;
		if (n > 0)
			continue;
		if (unlink_hard(dir, name, AT_REMOVEDIR) == 0)
			return 0;
		if (errno != ENOTEMPTY)
			return -1;
	}
	errno = ENOTEMPTY;
	return -1;
}

static int
remove_one(const struct at *at, const char *name)
{
	struct at inside = { .top = at->top, .depth = at->depth + 1,
	    .moved = at->moved };
	auto_close int fd = -1;

	if (unlink_hard(at->fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -1;
	if (at->depth >= DEPTH)
		return move_up(at, name);
	if ((fd = open_dir(at->fd, name)) < 0)
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

	if (unlink_hard(dir, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -1;
	if ((fd = open_dir(dir, name)) < 0)
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

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	for (int i = 0; i < PASSES; i++) {
		unsigned before = moved;
		int n = empty(&top);

		if (n <= 0)
			return n;
		if (moved != before)
			i = -1;
	}
	errno = ENOTEMPTY;
	return -1;
}
