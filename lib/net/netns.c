/* SPDX-License-Identifier: MIT */
/*
 * netns.c - network namespaces: open, create, enter, remove
 *
 * A name is an empty file in NETNS_DIR with the namespace bound over it.  The
 * creator holds a lock on the file from before the bind until after it.
 * Another process that finds the empty file waits for the lock, then looks
 * again.  If the creator was killed, its lock is free and the next process
 * binds a namespace to the file.
 */
#define _GNU_SOURCE
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/num.h"

#define SELF "/proc/self/ns/net"

enum { PID_MAX = 4194304, TRIES = 100 };

static bool
is_dots(const char *spec)
{
	return !strcmp(spec, ".") || !strcmp(spec, "..");
}

int
netns_path(const char *spec, char *buf, size_t size)
{
	long pid;
	int n;

	if (!*spec || is_dots(spec)) {
		errno = EINVAL;
		return -1;
	}
	if (!strncmp(spec, "pid:", 4)) {
		pid = num_read(spec + 4, PID_MAX);
		if (pid < 1) {
			errno = EINVAL;
			return -1;
		}
		n = snprintf(buf, size, "/proc/%ld/ns/net", pid);
	} else if (strchr(spec, '/')) {
		n = snprintf(buf, size, "%s", spec);
	} else {
		n = snprintf(buf, size, NETNS_DIR "/%s", spec);
	}
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
netns_open(const char *spec)
{
	char path[PATH_MAX];
	auto_close int fd = -1;

	if (netns_path(spec, path, sizeof(path)) < 0)
		return -1;
	/* O_NONBLOCK: do not hang on a FIFO. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		errno = EINVAL;
		return -1;
	}
	return fd_take(&fd);
}

bool
netns_is_name(const char *spec)
{
	return *spec && !strchr(spec, '/') && strncmp(spec, "pid:", 4) &&
	    !is_dots(spec) && strlen(spec) <= NAME_MAX;
}

/* make_dir_shared - create NETNS_DIR, under the lock that ip-netns takes too */
static int
make_dir_shared(void)
{
	auto_close int dir = -1;

	if (mkdir(NETNS_DIR, 0755) < 0 && errno != EEXIST)
		return -1;
	dir = open(NETNS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return -1;
	if (mount("", NETNS_DIR, "none", MS_SHARED, NULL) == 0)
		return 0;
	if (errno != EINVAL ||
	    mount(NETNS_DIR, NETNS_DIR, "none", MS_BIND | MS_REC, NULL) < 0)
		return -1;
	return mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL);
}

/* share_dir - mounts below a shared mount are shared too */
static int
share_dir(void)
{
	/* Mostly the directory is a mount already, and no lock is needed. */
	if (mount("", NETNS_DIR, "none", MS_SHARED, NULL) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOENT)
		return -1;
	return make_dir_shared();
}

/* is_unbound - is fd the file at path, with no namespace bound over it? */
static bool
is_unbound(const char *path, int fd)
{
	struct stat opened, now;

	return fstat(fd, &opened) == 0 && lstat(path, &now) == 0 &&
	    S_ISREG(opened.st_mode) && opened.st_dev == now.st_dev &&
	    opened.st_ino == now.st_ino && ioctl(fd, NS_GET_NSTYPE) < 0;
}

/* bind_new - lock the file and bind a new namespace to it; EAGAIN: too late */
static int
bind_new(const char *path, int file)
{
	if (flock(file, LOCK_EX) < 0)
		return -1;
	if (!is_unbound(path, file)) {
		errno = EAGAIN;
		return -1;
	}
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	return mount(SELF, path, "none", MS_BIND, NULL);
}

/*
 * create - create a namespace of that name
 *
 * reuse: the file exists.  EAGAIN: another process was faster.
 */
static int
create(const char *path, bool reuse)
{
	int how = O_CREAT | O_EXCL;
	auto_close int file = -1;
	int e;

	if (reuse)
		how = O_NOFOLLOW | O_NONBLOCK;
	file = open(path, O_RDONLY | O_CLOEXEC | how, 0444);
	if (file < 0) {
		if (errno == EEXIST || errno == ENOENT)
			errno = EAGAIN;
		return -1;
	}
	if (bind_new(path, file) == 0)
		return 0;
	e = errno;
	/* If another process has bound a namespace here, this gives EBUSY. */
	if (e != EAGAIN)
		(void)unlink(path);
	errno = e;
	return -1;
}

static bool
is_empty_file(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

int
netns_enter(const char *name, bool *created)
{
	char path[PATH_MAX];
	auto_close int ns = -1;
	bool reuse;

	*created = false;
	if (netns_path(name, path, sizeof(path)) < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		ns = netns_open(name);
		if (ns >= 0 && setns(ns, CLONE_NEWNET) < 0)
			return -1;
		if (ns >= 0)
			return fd_take(&ns);
		reuse = errno == EINVAL;
		if (errno != ENOENT && !(reuse && is_empty_file(path)))
			return -1;
		if (i == 0 && share_dir() < 0)
			return -1;
		if (create(path, reuse) == 0) {
			*created = true;
			return open(SELF, O_RDONLY | O_CLOEXEC);
		}
		if (errno != EAGAIN)
			return -1;
	}
	errno = EBUSY;
	return -1;
}

static bool
exists(const char *name)
{
	auto_close int ns = netns_open(name);

	return ns >= 0;
}

int
netns_remove(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (netns_path(name, path, sizeof(path)) < 0)
		return -1;
	/* Several may be mounted on top of each other. */
	while (exists(name))
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0) {
			/* EINVAL: a symbolic link; only the link is removed. */
			if (errno == EINVAL)
				break;
			return -1;
		}
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISLNK(st.st_mode) && !is_empty_file(path)) {
		errno = EINVAL;
		return -1;
	}
	if (unlink(path) < 0 && errno != ENOENT)
		return -1;
	return 0;
}
