/* SPDX-License-Identifier: MIT */
/* inroot.c - open, make and replace files beneath an untrusted root */
#define _GNU_SOURCE
#include "tree/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

enum { TRIES = 64 };

static const char *
relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

int
inroot_top(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
inroot_open(int root, const char *path, int flags, enum inroot_links links)
{
	static const unsigned resolve[] = {
		[INROOT_NO_LINKS] = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
		[INROOT_LINKS] = RESOLVE_IN_ROOT,
		[INROOT_ONE_MOUNT] = RESOLVE_IN_ROOT | RESOLVE_NO_XDEV,
		[INROOT_BENEATH] = RESOLVE_BENEATH,
		[INROOT_PLAIN] = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_XDEV,
	};
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS | resolve[links],
	};
	long fd = -1;

	/* EAGAIN: some rename or mount on the machine interfered. */
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, root, relative(path), &how,
		    sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

int
inroot_open_file(int root, const char *path)
{
	auto_close int node = -1;
	char self[40];
	struct stat st;

	node = inroot_open(root, path, O_PATH | O_NOFOLLOW, INROOT_NO_LINKS);
	if (node < 0 || fstat(node, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		if (S_ISDIR(st.st_mode))
			errno = EISDIR;
		else if (S_ISLNK(st.st_mode))
			errno = ELOOP;
		return -1;
	}
	/* By the node: its name may belong to another file by now. */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", node);
	/* The owner can hold a lease on the file: do not wait for its end. */
	return open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* own - give the file to the owner of the tree */
static int
own(int root, int fd)
{
	struct stat top, st;

	if (fstat(root, &top) < 0 || fstat(fd, &st) < 0)
		return -1;
	if (top.st_uid == st.st_uid && top.st_gid == st.st_gid)
		return 0;
	return fchown(fd, top.st_uid, top.st_gid);
}

static int
open_dir(int dir, const char *path)
{
	return inroot_open(dir, path, O_RDONLY | O_DIRECTORY, INROOT_NO_LINKS);
}

/* make_dir - name is one component, so mkdirat follows no link */
static int
make_dir(int root, int parent, const char *name, mode_t mode)
{
	auto_close int fd = -1;
	bool made = mkdirat(parent, name, mode) == 0;

	if (!made && errno != EEXIST)
		return -1;
	fd = open_dir(parent, name);
	if (fd < 0)
		return -1;
	if (made && (fchmod(fd, mode) < 0 || own(root, fd) < 0))
		return -1;
	return fd_take(&fd);
}

int
inroot_mkdirs(int root, const char *path, mode_t mode)
{
	auto_close int dir = open_dir(root, ".");
	char name[NAME_MAX + 1];

	for (path = relative(path); dir >= 0 && *path; ) {
		size_t n = strcspn(path, "/");
		int next;

		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, path, n);
		name[n] = '\0';
		next = make_dir(root, dir, name, mode);
		fd_cleanup(&dir);
		dir = next;
		path += n + strspn(path + n, "/");
	}
	return fd_take(&dir);
}

/*
 * A file that has no name yet, so that a kill leaves nothing, or where the
 * file system cannot do that, one with a name of this process alone.
 */
static int
temp_open(int dir, const char *name, char *tmp, size_t size, bool *named)
{
	int n = snprintf(tmp, size, ".%s.%d.new", name, (int)getpid());
	int fd;

	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	*named = fd < 0;
	if (fd >= 0) {
		/* Every run uses the same name: the next run removes what a
		 * killed one left, and the winner of a race has a whole file. */
		snprintf(tmp, size, ".%s.new", name);
		return fd;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		fd = openat(dir, tmp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC |
		    O_NOFOLLOW, 0600);
		if (fd >= 0 || errno != EEXIST || unlinkat(dir, tmp, 0) < 0)
			break;
	}
	return fd;
}

/*
 * Name the finished file tmp, then name.  Another run may take tmp away from
 * us in between, so the two steps may need repeating.
 */
static int
temp_place(int dir, int fd, const char *tmp, const char *name, bool named)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	for (int i = 0; i < TRIES; i++) {
		if (!named && linkat(AT_FDCWD, self, dir, tmp,
		    AT_SYMLINK_FOLLOW) < 0) {
			if (errno != EEXIST || (unlinkat(dir, tmp, 0) < 0 &&
			    errno != ENOENT))
				return -1;
			continue;
		}
		if (renameat(dir, tmp, dir, name) == 0)
			return 0;
		if (named || errno != ENOENT)
			break;
	}
	return -1;
}

static int
replace_in(int root, int dir, const char *name, const void *data, size_t len,
    mode_t mode)
{
	auto_close int fd = -1;
	char tmp[NAME_MAX + 1];
	bool named;

	fd = temp_open(dir, name, tmp, sizeof(tmp), &named);
	if (fd < 0)
		return -1;
	if (fd_write_all(fd, data, len) < 0 || fchmod(fd, mode) < 0 ||
	    own(root, fd) < 0 || fsync(fd) < 0 ||
	    temp_place(dir, fd, tmp, name, named) < 0) {
		int e = errno;

		(void)unlinkat(dir, tmp, 0);	/* e says what failed */
		errno = e;
		return -1;
	}
	return fsync(dir);
}

int
inroot_replace(int root, const char *path, const void *data, size_t len,
    mode_t mode)
{
	auto_close int dir = -1;
	char above[PATH_MAX];
	const char *name;

	path = relative(path);
	name = path_last(path);
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
		errno = EINVAL;
		return -1;
	}
	if ((size_t)(name - path) >= sizeof(above)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(above, path, (size_t)(name - path));
	above[name - path] = '\0';
	dir = open_dir(root, above);
	if (dir < 0)
		return -1;
	return replace_in(root, dir, name, data, len, mode);
}
