/* SPDX-License-Identifier: MIT */
/* check.c - look at what systemd-nspawn is about to touch in a tree */
#define _GNU_SOURCE
#include "tree/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/inroot.h"

/* Parents first: a missing one ends the search below it. */
static const char *const directories[] = {
	"dev", "etc", "proc", "root", "run", "sys", "tmp", "usr", "nix",
	"nix/store", "nix/var", "nix/var/nix", "var", "var/lib", "var/log",
	"var/log/journal",
};

#define MACHINE_ID "etc/machine-id"

static const char *const releases[] = { "etc/os-release",
    "usr/lib/os-release" };

static bool
is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* open_node - the file itself, even if that is a link */
static int
open_node(int top, const char *path, struct stat *st)
{
	auto_close int fd = inroot_open(top, path, O_PATH | O_NOFOLLOW,
	    INROOT_BENEATH);

	if (fd < 0 || fstat(fd, st) < 0)
		return -1;
	return fd_take(&fd);
}

/* follow - what the path leads to, for the host as for the container */
static int
follow(int top, const char *path, struct stat *st)
{
	auto_close int fd = inroot_open(top, path, O_PATH, INROOT_BENEATH);

	if (fd < 0)
		return -1;
	return fstat(fd, st);
}

static int
check_directory(int top, const char *path, struct errmsg *why)
{
	struct stat st;
	auto_close int node = open_node(top, path, &st);

	if (node < 0 && is_missing(errno))
		return 0;
	if (node < 0)
		return errmsg_errno(why, "%s", path);
	/* A link to nothing would be followed to make what is missing. */
	if (S_ISLNK(st.st_mode) && follow(top, path, &st) < 0)
		return errmsg_set(why, "%s: a link that leads out of the tree, "
		    "or nowhere", path);
	if (!S_ISDIR(st.st_mode))
		return errmsg_set(why, "%s: not a directory", path);
	return 0;
}

/*
 * host_has - does the host have, or may it have, a file of that path?
 *
 * One step at a time, each with O_PATH: a step into an automount would wait
 * for it, even one that is refused afterwards (before Linux 6.18).
 */
static bool
host_has(const char *path)
{
	auto_close int dir = inroot_top("/");
	char name[NAME_MAX + 1];

	while (dir >= 0 && *(path += strspn(path, "/"))) {
		size_t n = strcspn(path, "/");
		int next;

		if (n > NAME_MAX)
			return true;
		memcpy(name, path, n);
		name[n] = '\0';
		next = inroot_open(dir, name, O_PATH, INROOT_PLAIN);
		if (next < 0)
			return errno != ENOENT;
		fd_cleanup(&dir);
		dir = next;
		path += n;
	}
	return true;
}

/* leads_nowhere - an absolute link that finds nothing on the host */
static bool
leads_nowhere(int link)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	return target[0] == '/' && !host_has(target);
}

/* check_machine_id - systemd-nspawn would give a container the host's */
static int
check_machine_id(int top, struct errmsg *why)
{
	struct stat st;
	auto_close int node = open_node(top, MACHINE_ID, &st);

	if (node < 0 && is_missing(errno))
		return 0;
	if (node < 0)
		return errmsg_errno(why, "%s", MACHINE_ID);
	if (S_ISLNK(st.st_mode) && follow(top, MACHINE_ID, &st) < 0) {
		if (is_missing(errno) || leads_nowhere(node))
			return 0;
		return errmsg_set(why, "%s: a link that leads out of the tree",
		    MACHINE_ID);
	}
	if (!S_ISREG(st.st_mode))
		return errmsg_set(why, "%s: not a regular file", MACHINE_ID);
	return 0;
}

/* check_release - resolved as in the container; a FIFO would block its reader */
static int
check_release(int top, const char *path, struct errmsg *why)
{
	auto_close int fd = inroot_open(top, path, O_PATH, INROOT_LINKS);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))
		return errmsg_set(why, "%s: not a regular file", path);
	return 0;
}

int
check_tree(int top, struct errmsg *why)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (check_directory(top, directories[i], why) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(releases) / sizeof(*releases); i++)
		if (check_release(top, releases[i], why) < 0)
			return -1;
	return check_machine_id(top, why);
}
