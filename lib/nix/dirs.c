/* SPDX-License-Identifier: MIT */
/* dirs.c - a container's directories in Nix's state */
#define _GNU_SOURCE
#include "nix/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

static const struct where {
	const char *above, *name;
} where[DIRS_N] = {
	{ "profiles", "per-container" },
	{ "gcroots", "per-container" },
	{ "gcroots", "per-container-synced" },
};

const char *const dirs_path[DIRS_N] = {
	"profiles/per-container",
	"gcroots/per-container",
	"gcroots/per-container-synced",
};

/* open_made - a directory in parent that is no link */
static int
open_made(int parent, const char *name, mode_t mode, bool make)
{
	if (make && mkdirat(parent, name, mode) == 0) {
		if (fsync(parent) < 0)
			return -1;
	} else if (make && errno != EEXIST) {
		return -1;
	}
	return openat(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
enforce_mode(int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	return (st.st_mode & 07777) == mode ? 0 : fchmod(fd, mode);
}

static int
enforce_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	return st.st_uid == geteuid() && st.st_gid == 0 ? 0 :
	    fchown(fd, geteuid(), 0);
}

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
		if (mkdir(buf, 0755) < 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return mkdir(buf, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

int
dirs_parent(const char *state, enum nixdirs kind, bool make)
{
	auto_close int top = -1, above = -1, fd = -1;

	if (make && make_path(state) < 0)
		return -1;
	if ((top = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	above = open_made(top, where[kind].above, 0755, make);
	if (above < 0)
		return -1;
	fd = open_made(above, where[kind].name, 0700, make);
	if (fd < 0 || enforce_owner(fd) < 0 || enforce_mode(fd, 0700) < 0)
		return -1;
	return fd_take(&fd);
}

int
dirs_open(const char *state, enum nixdirs kind, const char *name, bool make)
{
	auto_close int parent = dirs_parent(state, kind, make);
	auto_close int fd = -1;

	if (parent < 0 || (fd = open_made(parent, name, 0755, make)) < 0)
		return -1;
	if (make && enforce_mode(fd, 0755) < 0)
		return -1;
	return fd_take(&fd);
}
