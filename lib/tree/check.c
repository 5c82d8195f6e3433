/* SPDX-License-Identifier: MIT */
/* check.c - look at what systemd-nspawn is about to touch in a tree */
#define _GNU_SOURCE
#include "tree/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "tree/inroot.h"

/* Parents first: a missing one ends the search below it. */
static const char *const directories[] = {
	"dev", "etc", "proc", "root", "run", "sys", "tmp", "usr", "nix",
	"nix/store", "nix/var", "nix/var/nix", "var", "var/lib", "var/log",
	"var/log/journal",
};

static const char *const files[] = { "etc/machine-id", "etc/os-release",
    "usr/lib/os-release" };

static bool
is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* is_link - the entry itself; its parents are known to be directories */
static bool
is_link(int top, const char *path)
{
	struct stat st;

	return fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode);
}

/* same_place - do container and host find the same at this path? */
static bool
same_place(int inside, int top, const char *path, struct stat *st)
{
	struct stat host;

	return fstat(inside, st) == 0 && fstatat(top, path, &host, 0) == 0 &&
	    st->st_dev == host.st_dev && st->st_ino == host.st_ino;
}

static int
check_directory(int top, const char *path, struct errmsg *why)
{
	auto_close int fd = inroot_open(top, path, O_PATH, INROOT_LINKS);
	struct stat st;

	/* A link to nothing would be followed to make what is missing. */
	if (fd < 0 && is_missing(errno) && !is_link(top, path))
		return 0;
	if (fd < 0 && !is_link(top, path))
		return errmsg_errno(why, "%s", path);
	if (fd < 0 || !same_place(fd, top, path, &st))
		return errmsg_set(why, "%s: a link that leads out of the tree, "
		    "or nowhere", path);
	if (!S_ISDIR(st.st_mode))
		return errmsg_set(why, "%s: not a directory", path);
	return 0;
}

/* check_file - a FIFO would block its reader */
static int
check_file(int top, const char *path, struct errmsg *why)
{
	struct stat st;

	if (fstatat(top, path, &st, 0) < 0) {
		if (is_missing(errno) || errno == ELOOP)
			return 0;
		return errmsg_errno(why, "%s", path);
	}
	if (!S_ISREG(st.st_mode))
		return errmsg_set(why, "%s: not a regular file", path);
	return 0;
}

int
check_tree(int top, struct errmsg *why)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (check_directory(top, directories[i], why) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (check_file(top, files[i], why) < 0)
			return -1;
	return 0;
}
