/* SPDX-License-Identifier: MIT */
/*
 * hold.c - one command at a time works on a container
 *
 * The holder removes the file.  So after waiting for the lock, check that the
 * locked file still has the name.
 */
#define _GNU_SOURCE
#include "conf/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"

static int
open_dir(const char *path)
{
	auto_close int dir = -1;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fchmod(dir, 0700) < 0)
		return -1;
	return fd_take(&dir);
}

static bool
still_named(const struct hold *hold)
{
	struct stat a, b;

	return fstat(hold->fd, &a) == 0 && fstatat(hold->dir, hold->file, &b,
	    AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino;
}

/* take_once - 1: locked; 0: another process has, or had, the lock; -1: errno */
static int
take_once(struct hold *hold)
{
	hold->fd = openat(hold->dir, hold->file, O_WRONLY | O_CREAT | O_APPEND |
	    O_NOFOLLOW | O_CLOEXEC, 0644);
	if (hold->fd < 0)
		return -1;
	if (flock(hold->fd, LOCK_EX | LOCK_NB) == 0) {
		if (still_named(hold))
			return 1;
	} else if (errno != EWOULDBLOCK && errno != EINTR)
		return -1;
	close(hold->fd);
	hold->fd = -1;
	return 0;
}

static void
close_both(struct hold *hold)
{
	fd_cleanup(&hold->fd);
	fd_cleanup(&hold->dir);
	hold->fd = hold->dir = -1;
}

int
hold_take(struct hold *hold, const char *lock_dir, const char *name,
    int wait_ms)
{
	int64_t end = clock_ms() + wait_ms;
	int r;

	hold->fd = -1;
	snprintf(hold->file, sizeof(hold->file), "%s.lock", name);
	hold->dir = open_dir(lock_dir);
	if (hold->dir < 0)
		return -1;
	while ((r = take_once(hold)) == 0 && clock_ms() < end)
		(void)poll(NULL, 0, 20);	/* nothing but a sleep */
	if (r > 0)
		return 0;
	if (r == 0)
		errno = ETIMEDOUT;
	close_both(hold);
	return -1;
}

void
hold_drop(struct hold *hold)
{
	if (hold->fd >= 0 && !hold->keep)
		(void)unlinkat(hold->dir, hold->file, 0); /* a lock all the same */
	close_both(hold);
}
