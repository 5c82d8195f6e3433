/* SPDX-License-Identifier: MIT */
/* copy.c - copy out of, or into, an untrusted tree */
#define _GNU_SOURCE
#include "tree/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/inroot.h"
#include "tree/stale.h"
#include "tree/remove.h"

enum {
	DEPTH = 200,		/* each level holds descriptors */
	BACKUPS = 10000,	/* the container can create any number of them */
};

/* reopen - open the same file again, not whatever has its name now */
static int
reopen(int node, int flags)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", node);
	return open(self, flags | O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* within - does one more file of this size keep the limit? */
static int
within(struct copy_limit *limit, const struct stat *st, int depth)
{
	if (!limit)
		return 0;
	if (limit->files-- <= 0)
		errno = EDQUOT;
	else if (S_ISDIR(st->st_mode) && depth > limit->depth)
		errno = ELOOP;
	else if (S_ISREG(st->st_mode) && st->st_size > limit->bytes)
		errno = EFBIG;
	else {
		if (S_ISREG(st->st_mode))
			limit->bytes -= st->st_size;
		return 0;
	}
	return -1;
}

/* failed_in - what failed, failed in there; a path too long loses its begin */
static void
failed_in(char *at, const char *name)
{
	size_t len = strlen(name), rest = strlen(at);
	size_t slash = rest > 0;

	if (len + slash + rest >= PATH_MAX)
		return;
	memmove(at + len + slash, at, rest + 1);
	memcpy(at, name, len);
	if (slash)
		at[len] = '/';
}

static int
finish(int fd, const struct stat *st, const struct copy_tree *how)
{
	struct timespec times[2] = { st->st_mtim, st->st_mtim };
	mode_t mode = st->st_mode & how->mask;

	if (how->readable)
		mode |= S_ISDIR(st->st_mode) || (mode & 0111) ? 0555 : 0444;
	/* The owner first: a change of owner clears bits of the mode. */
	if (fchown(fd, how->uid, how->gid) < 0 || fchmod(fd, mode) < 0)
		return -1;
	return futimens(fd, times);
}

/* copy_range - the bytes from at to end */
static int
copy_range(int from, int to, off_t at, off_t end)
{
	char buf[65536];

	while (at < end) {
		size_t want = sizeof(buf);
		ssize_t n;

		if (end - at < (off_t)want)
			want = (size_t)(end - at);
		n = pread(from, buf, want, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)	/* the file was truncated: so is the copy */
			return (int)n;
		if (lseek(to, at, SEEK_SET) < 0 ||
		    fd_write_all(to, buf, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}

/* copy_data - only the size at the start: the file may grow forever */
static int
copy_data(int from, int to, off_t size)
{
	off_t at = 0, end;

	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0 &&
	    at < size) {
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return -1;
		if (end > size)
			end = size;
		if (copy_range(from, to, at, end) < 0)
			return -1;
		at = end;
	}
	if (at < 0 && errno != ENXIO)	/* ENXIO: nothing but a hole follows */
		return -1;
	return ftruncate(to, size);
}

static int
copy_file(int node, int to, const char *name, const struct stat *st,
    const struct copy_tree *how, int depth)
{
	auto_close int in = reopen(node, O_NONBLOCK);
	auto_close int out = -1;

	if (in < 0)
		return -1;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (out < 0 || copy_data(in, out, st->st_size) < 0 ||
	    finish(out, st, how) < 0)
		return -1;
	/* Files in a directory are synced with it. */
	if (depth > 0)
		return 0;
	return fsync(out);
}

static int
copy_link(int node, int to, const char *name, const struct copy_tree *how)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(node, "", target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0)
		return -1;
	return fchownat(to, name, how->uid, how->gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_node(int node, int to, const char *name,
    const struct copy_tree *how, int depth);

static int
copy_entries(int from, int to, const struct copy_tree *how, int depth)
{
	DIR *d = fd_entries(from);
	struct dirent *e;
	int saved;

	if (!d)
		return -1;
	while ((errno = 0, e = readdir(d))) {
		auto_close int node = -1;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		node = inroot_open(from, e->d_name, O_PATH | O_NOFOLLOW,
		    INROOT_NO_LINKS);
		if (node < 0 && errno == ENOENT)
			continue;
		if (node >= 0 &&
		    copy_node(node, to, e->d_name, how, depth + 1) == 0)
			continue;
		if (node >= 0 && errno == EINVAL && how->skipped) {
			++*how->skipped;
			continue;
		}
		saved = errno;
		failed_in(how->at, e->d_name);
		errno = saved;
		break;
	}
	saved = errno;
	closedir(d);
	errno = saved;
	return saved ? -1 : 0;
}

static int
copy_dir(int node, int to, const char *name, const struct stat *st,
    const struct copy_tree *how, int depth)
{
	auto_close int from = -1;
	auto_close int made = -1;

	if (depth >= DEPTH) {
		errno = ELOOP;
		return -1;
	}
	from = reopen(node, O_DIRECTORY);
	if (from < 0 || mkdirat(to, name, 0700) < 0)
		return -1;
	made = inroot_open(to, name, O_RDONLY | O_DIRECTORY, INROOT_NO_LINKS);
	if (made < 0 || copy_entries(from, made, how, depth) < 0)
		return -1;
	return finish(made, st, how);
}

static int
copy_node(int node, int to, const char *name, const struct copy_tree *how,
    int depth)
{
	struct stat st;

	if (fstat(node, &st) < 0 || within(how->limit, &st, depth) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return copy_file(node, to, name, &st, how, depth);
	if (S_ISDIR(st.st_mode))
		return copy_dir(node, to, name, &st, how, depth);
	if (S_ISLNK(st.st_mode))
		return copy_link(node, to, name, how);
	errno = EINVAL;
	return -1;
}

/* wait_ready - if fd was not ready, wait until it is; false: an error */
static bool
wait_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return true;
	return errno == EAGAIN && (poll(&p, 1, -1) >= 0 || errno == EINTR);
}

static int
write_waiting(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && wait_ready(fd, POLLOUT))
			continue;
		if (n < 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* copy_stream - copy until end of file; name: the file to be replaced */
static int
copy_stream(int in, int to, const char *tmp, const char *name,
    const struct copy_tree *how)
{
	auto_close int out = openat(to, tmp, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	mode_t mode = 0644;
	char buf[65536];
	struct stat old;
	ssize_t n;

	if (out < 0)
		return -1;
	while ((n = read(in, buf, sizeof(buf))) != 0) {
		if (n < 0 && wait_ready(in, POLLIN))
			continue;
		if (n < 0 || fd_write_all(out, buf, (size_t)n) < 0)
			return -1;
	}
	if (fstatat(to, name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(old.st_mode))
		mode = old.st_mode & 0777;
	if (fchown(out, how->uid, how->gid) < 0 || fchmod(out, mode) < 0)
		return -1;
	return fsync(out);
}

/* same_content - are both regular files, with the same content? */
static bool
same_content(int dir, const char *one, const char *other)
{
	auto_close int a = inroot_open_file(dir, one);
	auto_close int b = inroot_open_file(dir, other);
	char x[8192], y[sizeof(x)];
	struct stat st, st2;
	ssize_t n;

	if (a < 0 || b < 0 || fstat(a, &st) < 0 || fstat(b, &st2) < 0 ||
	    st.st_size != st2.st_size)
		return false;
	for (off_t at = 0; at < st.st_size; at += n) {
		n = fd_read_max(a, x, sizeof(x));
		if (n <= 0 || fd_read_max(b, y, sizeof(y)) != n ||
		    memcmp(x, y, (size_t)n) != 0)
			return false;
	}
	return true;
}

/* keep_backup - link the file to the first free backup name */
static int
keep_backup(int dir, const char *name)
{
	char kept[NAME_MAX + 1];

	for (int i = 1; i <= BACKUPS; i++) {
		if (snprintf(kept, sizeof(kept), "%s.~%d~", name, i) >=
		    (int)sizeof(kept)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (linkat(dir, name, dir, kept, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	errno = EMLINK;
	return -1;
}

/* rename_copy - rename tmp to name; a directory replaces nothing */
static int
rename_copy(int node, int to, const char *tmp, const char *name, bool backup)
{
	struct stat st;
	bool dir;

	if (fstat(node, &st) < 0)
		return -1;
	dir = S_ISDIR(st.st_mode);
	if (dir && syncfs(to) < 0)
		return -1;
	if (backup && same_content(to, tmp, name))
		return unlinkat(to, tmp, 0);
	if (backup && keep_backup(to, name) < 0)
		return -1;
	if (syscall(SYS_renameat2, to, tmp, to, name,
	    dir ? RENAME_NOREPLACE : 0) < 0)
		return -1;
	return fsync(to);
}

static int
copy_to_tmp(int node, int to, const char *tmp, const char *name,
    const struct copy_tree *how)
{
	if (how->stream)
		return copy_stream(node, to, tmp, name, how);
	return copy_node(node, to, tmp, how, 0);
}

int
copy_tree(int node, int to, const char *name, const struct copy_tree *how)
{
	char prefix[NAME_MAX + 1], tmp[NAME_MAX + 1];

	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(prefix, sizeof(prefix), ".%.200s.ctr-tree.", name);
	snprintf(tmp, sizeof(tmp), "%.220s%d", prefix, (int)getpid());
	stale_sweep(to, prefix, remove_at);
	if (copy_to_tmp(node, to, tmp, name, how) < 0 ||
	    rename_copy(node, to, tmp, name, how->backup) < 0) {
		int e = errno;

		(void)remove_at(to, tmp);	/* e says what failed */
		errno = e;
		return -1;
	}
	return 0;
}

int
copy_out(int node, int fd, off_t max)
{
	auto_close int in = -1;
	char buf[65536];
	struct stat st;

	if (fstat(node, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	if (st.st_size > max) {
		errno = EFBIG;
		return -1;
	}
	in = reopen(node, O_NONBLOCK);
	if (in < 0)
		return -1;
	for (off_t at = 0; at < st.st_size; ) {
		size_t want = sizeof(buf);
		ssize_t n;

		if (st.st_size - at < (off_t)want)
			want = (size_t)(st.st_size - at);
		n = read(in, buf, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)	/* the file was truncated: so is the copy */
			return (int)n;
		if (write_waiting(fd, buf, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}
