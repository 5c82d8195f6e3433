/* SPDX-License-Identifier: MIT */
/*
 * nsname.c - names of network namespaces
 *
 * A name is a plain file in NETNS_DIR with the namespace bound over it.  Its
 * maker holds a lock on the file from before the bind until after it: who
 * finds the bare file waits for that lock and looks again.  The lock of one
 * who was killed is free, and the file is then anybody's to bind to.
 */
#define _GNU_SOURCE
#include "net/nsname.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "net/netns.h"

#define SELF "/proc/self/ns/net"

bool
netns_ok(const char *spec)
{
	return *spec && !strchr(spec, '/') && strncmp(spec, "pid:", 4) &&
	    strcmp(spec, ".") && strcmp(spec, "..") && strlen(spec) <= NAME_MAX;
}

/* share_slowly - the first time; under the lock that ip-netns takes too */
static int
share_slowly(void)
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

static int
share_dir(void)
{
	/* What is bound below a shared mount is shared by itself. */
	if (mount("", NETNS_DIR, "none", MS_SHARED, NULL) == 0)
		return 0;
	return errno == EINVAL || errno == ENOENT ? share_slowly() : -1;
}

/* bare_at - is fd the file at path, and is nothing bound there? */
static bool
bare_at(const char *path, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 &&
	    S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino && ioctl(fd, NS_GET_NSTYPE) < 0;
}

/* bind_new - bind a new namespace to the file, which nobody else may do now */
static int
bind_new(const char *path, int file)
{
	if (flock(file, LOCK_EX) < 0)
		return -1;
	if (!bare_at(path, file)) {
		errno = EAGAIN;
		return -1;
	}
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	return mount(SELF, path, "none", MS_BIND, NULL);
}

/* make - a namespace of that name; EAGAIN: look again who has it */
static int
make(const char *path, bool stale)
{
	int how = stale ? O_NOFOLLOW | O_NONBLOCK : O_CREAT | O_EXCL;
	auto_close int file = -1;
	int e;

	file = open(path, O_RDONLY | O_CLOEXEC | how, 0444);
	if (file < 0) {
		if (errno == EEXIST || errno == ENOENT)
			errno = EAGAIN;
		return -1;
	}
	if (bind_new(path, file) == 0)
		return 0;
	e = errno;
	/* EBUSY where somebody has bound a namespace there: that stays. */
	if (e != EAGAIN)
		(void)unlink(path);
	errno = e;
	return -1;
}

/* plain - is the file at path one that nothing was bound to? */
static bool
plain(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

int
netns_enter(const char *name, bool *made)
{
	char path[PATH_MAX];
	auto_close int ns = -1;
	bool bare;

	*made = false;
	if (netns_path(name, path, sizeof(path)) < 0)
		return -1;
	for (int i = 0; i < 100; i++) {
		if ((ns = netns_open(name)) >= 0)
			return setns(ns, CLONE_NEWNET) < 0 ? -1 : fd_take(&ns);
		if (errno != ENOENT && (errno != EINVAL || !plain(path)))
			return -1;
		bare = errno == EINVAL;
		if (i == 0 && share_dir() < 0)
			return -1;
		if (make(path, bare) == 0) {
			*made = true;
			ns = open(SELF, O_RDONLY | O_CLOEXEC);
			return fd_take(&ns);
		}
		if (errno != EAGAIN)
			return -1;
	}
	errno = EBUSY;
	return -1;
}

static bool
is_ns(const char *name)
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
	/* More than one may have been bound there, one upon the other. */
	while (is_ns(name))
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0) {
			/* A symbolic link to a namespace: only that goes. */
			if (errno == EINVAL)
				break;
			return -1;
		}
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISLNK(st.st_mode) && !plain(path)) {
		errno = EINVAL;
		return -1;
	}
	return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}
