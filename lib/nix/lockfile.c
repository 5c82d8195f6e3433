/* SPDX-License-Identifier: MIT */
/* lockfile.c - lock files in Nix's protocol */
#define _GNU_SOURCE
#include "nix/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"

enum { POLL_MS = 5 };

/* open_regular - checks the type first: opening a device can have effects */
static int
open_regular(int dir, const char *name)
{
	auto_close int seen = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[32];
	struct stat st;

	if (seen < 0 || fstat(seen, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		if (S_ISLNK(st.st_mode))
			errno = ELOOP;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", seen);
	return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static int
open_or_create(int dir, const char *name)
{
	for (int i = 0; i < 1000; i++) {
		int fd = openat(dir, name,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0 && errno == EEXIST)
			fd = open_regular(dir, name);
		/* ENOENT: its holder has just unlinked it. */
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return -1;
}

static int
flock_until(int fd, int64_t until_ms)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (clock_ms() >= until_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000 },
		    NULL);
	}
	return 0;
}

static bool
is_named(int dir, const char *name, const struct stat *st)
{
	struct stat other;

	return fstatat(dir, name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
	    other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

int
lockfile_take(int dir, const char *name, int wait_ms)
{
	int64_t until_ms = clock_ms() + wait_ms;

	do {
		auto_close int fd = open_or_create(dir, name);
		struct stat st;

		if (fd < 0 || flock_until(fd, until_ms) < 0 || fstat(fd, &st) < 0)
			return -1;
		if (st.st_size == 0)
			return fd_take(&fd);
		/* stale */
		if (is_named(dir, name, &st) && unlinkat(dir, name, 0) < 0)
			return -1;
	} while (clock_ms() < until_ms);
	errno = ETIMEDOUT;
	return -1;
}

void
lockfile_drop(int dir, const char *name, int fd)
{
	/* Failures do no harm: close alone releases the lock. */
	(void)unlinkat(dir, name, 0);
	(void)!write(fd, "d", 1);
	close(fd);
}
