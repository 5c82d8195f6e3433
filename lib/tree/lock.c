/* SPDX-License-Identifier: MIT */
/* lock.c - the lock of systemd-nspawn on a tree */
#define _GNU_SOURCE
#include "tree/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "tree/place.h"

enum { RANDOM = 16 };	/* digits at the end of a copy's name */

int
lock_file_held(int dir, const char *file)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	auto_close int fd = openat(dir, file,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -1;
	return lock.l_type != F_UNLCK;
}

/* is_copy - is it the lock file of a copy of the tree: .#.#machine.NAMExxxx.lck? */
static bool
is_copy(const char *file, const char *name)
{
	static const char *const kinds[] = { ".#.#machine.", ".#.#snapshot." };
	size_t n = strlen(name);

	for (int i = 0; i < 2; i++) {
		const char *rest = file + strlen(kinds[i]);

		if (strncmp(file, kinds[i], strlen(kinds[i])) != 0 ||
		    strncmp(rest, name, n) != 0)
			continue;
		return strspn(rest + n, "0123456789abcdef") == RANDOM &&
		    !strcmp(rest + n + RANDOM, ".lck");
	}
	return false;
}

/* copies_held - has anybody locked a copy of the tree?  1, 0, or -1 with errno */
static int
copies_held(int dir, const char *name)
{
	DIR *d = fd_entries(dir);
	struct dirent *e;
	int held = 0;

	if (!d)
		return -1;
	while (held == 0 && (e = readdir(d)))
		if (is_copy(e->d_name, name))
			held = lock_file_held(dir, e->d_name);
	closedir(d);
	return held;
}

int
lock_held(int dir, const char *name)
{
	char file[NAME_MAX + 1];
	int held;

	if (snprintf(file, sizeof(file), ".#%s.lck", name) >=
	    (int)sizeof(file)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	held = lock_file_held(dir, file);
	if (held == 0)
		held = copies_held(dir, name);
	return held;
}

int
lock_take(int dir, const char *name, int fd, int wait_ms)
{
	int64_t end = clock_ms() + wait_ms;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EACCES)
			return -1;
		if (clock_ms() >= end)
			return 1;
		(void)poll(NULL, 0, 20);	/* nothing but a sleep */
	}
	return copies_held(dir, name);
}

int
lock_of(const char *path, int fd, struct errmsg *why)
{
	enum { END_MS = 3000 };
	struct place p;
	auto_close int dir = -1;
	int held;

	if (place_split(&p, path, why) < 0)
		return -1;
	dir = open(p.above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT && fd < 0)
		return 0;
	if (dir < 0)
		return errmsg_errno(why, "open %s", p.above);
	if (fd >= 0)
		held = lock_take(dir, p.name, fd, END_MS);
	else
		held = lock_held(dir, p.name);
	return held < 0 ? errmsg_errno(why, "lock of %s", path) : held;
}
