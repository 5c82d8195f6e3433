/* SPDX-License-Identifier: MIT */
/* dirs.c - the directories of a container in Nix's state directory */
#define _GNU_SOURCE
#include "nix/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

const char *const dirs_path[DIRS_N] = {
	"profiles/per-container",
	"gcroots/per-container",
	"gcroots/per-container-synced",
};

/* The same paths, split. */
static const struct {
	const char *dir, *name;
} parents[DIRS_N] = {
	{ "profiles", "per-container" },
	{ "gcroots", "per-container" },
	{ "gcroots", "per-container-synced" },
};

static int
create_dir(int parent, const char *name, mode_t mode)
{
	if (mkdirat(parent, name, mode) == 0)
		return fsync(parent);
	return errno == EEXIST ? 0 : -1;
}

/* open_dir_at - open a directory in parent, and no link */
static int
open_dir_at(int parent, const char *name, mode_t mode, bool make)
{
	if (make && create_dir(parent, name, mode) < 0)
		return -1;
	return openat(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
enforce_mode(int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & 07777) == mode)
		return 0;
	return fchmod(fd, mode);
}

static int
enforce_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid == geteuid() && st.st_gid == 0)
		return 0;
	return fchown(fd, geteuid(), 0);
}

static int
make_or_exists(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -1;
	return 0;
}

/* make_path - make a directory and its parents */
static int
make_path(const char *path)
{
	char buf[PATH_MAX];

	if (strlen(path) >= sizeof(buf)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(buf, path);
	for (char *p = buf + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (make_or_exists(buf) < 0)
			return -1;
		*p = '/';
	}
	return make_or_exists(buf);
}

int
dirs_parent(const char *state, enum dirs_kind kind, bool make)
{
	auto_close int top = -1, dir = -1, fd = -1;

	if (make && make_path(state) < 0)
		return -1;
	top = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -1;
	dir = open_dir_at(top, parents[kind].dir, 0755, make);
	if (dir < 0)
		return -1;
	fd = open_dir_at(dir, parents[kind].name, 0700, make);
	if (fd < 0 || enforce_owner(fd) < 0 || enforce_mode(fd, 0700) < 0)
		return -1;
	return fd_take(&fd);
}

int
dirs_open(const char *state, enum dirs_kind kind, const char *name, bool make)
{
	auto_close int parent = dirs_parent(state, kind, make);
	auto_close int fd = -1;

	if (parent < 0)
		return -1;
	fd = open_dir_at(parent, name, 0755, make);
	if (fd < 0 || enforce_owner(fd) < 0 ||
	    (make && enforce_mode(fd, 0755) < 0))
		return -1;
	return fd_take(&fd);
}
