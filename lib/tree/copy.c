/* SPDX-License-Identifier: MIT */
/* copy.c - copy out of, or into, an untrusted tree */
#define _GNU_SOURCE
#include "tree/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/attrs.h"
#include "tree/inroot.h"
#include "tree/links.h"
#include "tree/place.h"
#include "tree/remove.h"
#include "tree/settle.h"

enum {
	DEPTH = 200,		/* each level holds descriptors */
	BACKUPS = 10000,	/* the container can create any number of them */
	PATH = (DEPTH + 2) * (NAME_MAX + 1),
};

/* A copy of a file or directory. */
struct job {
	const struct copy_tree *how;
	int top;		/* the directory that it is made in */
	struct links links;
	char path[PATH];	/* below it, of what is copied now */
};

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

static void
copy_attributes(int from, int to, const struct copy_tree *how)
{
	unsigned long lost = attrs_copy(from, to, how->shift);

	if (how->lost)
		*how->lost += lost;
}

static int
copy_file(int node, int to, const char *name, const struct stat *st,
    struct job *j, int depth)
{
	auto_close int in = fd_reopen(node, O_NONBLOCK);
	auto_close int out = -1;

	if (in < 0)
		return -1;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (out < 0 || copy_data(in, out, st->st_size) < 0)
		return -1;
	copy_attributes(in, out, j->how);
	if (finish(out, st, j->how) < 0)
		return -1;
	/* Files in a directory are synced with it. */
	if (depth > 0)
		return 0;
	return fsync(out);
}

static int
copy_link(int node, int to, const char *name, const struct stat *st,
    const struct copy_tree *how)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };
	char target[PATH_MAX];
	ssize_t n = readlinkat(node, "", target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0 ||
	    fchownat(to, name, how->uid, how->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_node(int node, int to, const char *name, struct job *j, int depth);

static int
copy_entries(int from, int to, struct job *j, int depth)
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
		    copy_node(node, to, e->d_name, j, depth + 1) == 0)
			continue;
		if (node >= 0 && errno == EINVAL && j->how->skipped) {
			++*j->how->skipped;
			continue;
		}
		saved = errno;
		failed_in(j->how->at, e->d_name);
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
    struct job *j, int depth)
{
	auto_close int from = -1;
	auto_close int made = -1;

	if (depth >= DEPTH) {
		errno = ELOOP;
		return -1;
	}
	from = fd_reopen(node, O_DIRECTORY);
	if (from < 0 || mkdirat(to, name, 0700) < 0)
		return -1;
	made = inroot_open(to, name, O_RDONLY | O_DIRECTORY, INROOT_NO_LINKS);
	if (made < 0 || copy_entries(from, made, j, depth) < 0)
		return -1;
	/* Only now, as entries would inherit a default ACL. */
	copy_attributes(from, made, j->how);
	return finish(made, st, j->how);
}

/* link_again - to the copy of a file that has another name, too */
static int
link_again(const struct job *j, const char *known, int to, const char *name)
{
	auto_close int from = -1;
	struct errmsg none = { "" };
	struct place p;

	if (place_split(&p, known, &none) < 0)
		return -1;
	from = inroot_open(j->top, p.above, O_PATH | O_DIRECTORY, INROOT_PLAIN);
	return from < 0 ? -1 : linkat(from, p.name, to, name, 0);
}

static int
copy_kind(int node, int to, const char *name, struct job *j, int depth)
{
	const char *known;
	struct stat st;

	if (fstat(node, &st) < 0 || within(j->how->limit, &st, depth) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return copy_dir(node, to, name, &st, j, depth);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	known = links_known(&j->links, &st);
	if (known)
		return link_again(j, known, to, name);
	links_add(&j->links, &st, j->path);
	if (S_ISREG(st.st_mode))
		return copy_file(node, to, name, &st, j, depth);
	return copy_link(node, to, name, &st, j->how);
}

static int
copy_node(int node, int to, const char *name, struct job *j, int depth)
{
	size_t before = strlen(j->path);
	int done;

	snprintf(j->path + before, sizeof(j->path) - before, "%s%s",
	    before > 0 ? "/" : "", name);
	done = copy_kind(node, to, name, j, depth);
	j->path[before] = '\0';
	return done;
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
		if (n < 0 && fd_wait_ready(in, POLLIN))
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

/* rename_copy - rename tmp to name, unless it has the same content */
static int
rename_copy(int node, int to, const char *tmp, const char *name, bool backup)
{
	struct stat st;

	if (fstat(node, &st) < 0)
		return -1;
	if (backup && same_content(to, tmp, name))
		return unlinkat(to, tmp, 0);
	if (backup && keep_backup(to, name) < 0)
		return -1;
	return settle(to, tmp, to, name, S_ISDIR(st.st_mode));
}

static int
copy_to_tmp(int node, int to, const char *tmp, const char *name,
    const struct copy_tree *how)
{
	static struct job j;
	int done;

	if (how->stream)
		return copy_stream(node, to, tmp, name, how);
	j.how = how;
	j.top = to;
	j.path[0] = '\0';
	done = copy_node(node, to, tmp, &j, 0);
	links_free(&j.links);
	return done;
}

int
copy_tree(int node, int to, const char *name, const struct copy_tree *how)
{
	char tmp[NAME_MAX + 1];

	if (settle_name(to, name, tmp) < 0)
		return -1;
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
	in = fd_reopen(node, O_NONBLOCK);
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
		if (fd_write_waiting(fd, buf, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}
