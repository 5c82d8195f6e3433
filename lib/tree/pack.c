/* SPDX-License-Identifier: MIT */
/* pack.c - a tree, which may be untrusted, as a tar */
#define _GNU_SOURCE
#include "tree/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/attrs.h"
#include "tree/inroot.h"
#include "tree/links.h"
#include "tree/place.h"
#include "tree/tarmake.h"

enum {
	DEPTH = 200,		/* each level holds descriptors */
	PATH = (DEPTH + 1) * (NAME_MAX + 1),
	SEGMENTS = 4096,	/* further holes become zeros */
	BLOCK = 512,
};

struct segment {
	off_t from, to;
};

/* Only one at once, as it is large. */
static struct state {
	struct pack *p;
	struct links links;
	struct tarmake tar;
	char path[PATH];	/* of the entry, in the tar */
	struct segment segment[SEGMENTS];
	size_t segments;
} s;

static int pack_node(int node, const char *name, int depth);

static int
add_attribute(void *arg, const char *name, const void *value, size_t n)
{
	char key[NAME_MAX + sizeof("SCHILY.xattr.")];

	(void)arg;
	/* Other programs encode a "=" in it, each in its way. */
	if (strchr(name, '=') || strchr(name, '%'))
		return 0;
	snprintf(key, sizeof(key), "SCHILY.xattr.%s", name);
	(void)tarmake_record(&s.tar, key, value, n);	/* too many are cut */
	return 0;
}

/* owned - with the owner's numbers as the container has them */
static struct stat
owned(const struct stat *st)
{
	const int64_t ids = 65536, nobody = 65534, first = s.p->first;
	int64_t uid = st->st_uid - first, gid = st->st_gid - first;
	struct stat own = *st;

	if (first == 0)
		return own;
	own.st_uid = (uid_t)(uid >= 0 && uid < ids ? uid : nobody);
	own.st_gid = (gid_t)(gid >= 0 && gid < ids ? gid : nobody);
	return own;
}

static int
entry(char type, const struct stat *st, int64_t size, const char *link)
{
	struct stat own = owned(st);

	return tarmake_entry(&s.tar, type, &own, size, s.path, link);
}

/* find_segments - the parts of a file that are no holes; the last may have some */
static int
find_segments(int fd, off_t size)
{
	off_t at = 0;

	for (s.segments = 0; at < size && s.segments < SEGMENTS; s.segments++) {
		struct segment *g = &s.segment[s.segments];

		g->from = lseek(fd, at, SEEK_DATA);
		if (g->from < 0 && errno == ENXIO)
			break;		/* nothing but a hole follows */
		if (g->from < 0)
			return -1;
		if (g->from >= size)
			break;
		g->to = lseek(fd, g->from, SEEK_HOLE);
		if (g->to < 0)
			return -1;
		if (g->to > size || s.segments == SEGMENTS - 1)
			g->to = size;
		at = g->to;
	}
	return 0;
}

static int64_t
sum_segments(void)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s.segments; i++)
		sum += s.segment[i].to - s.segment[i].from;
	return sum;
}

/* put_segment - a file that was truncated meanwhile has zeros */
static int
put_segment(int fd, const struct segment *g)
{
	static char buf[65536];
	off_t at = g->from;

	while (at < g->to) {
		size_t want = sizeof(buf);
		ssize_t n;

		if (g->to - at < (off_t)want)
			want = (size_t)(g->to - at);
		n = pread(fd, buf, want, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			memset(buf, 0, want);
			n = (ssize_t)want;
		}
		if (tarmake_data(&s.tar, buf, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}

static int
put_segments(int fd)
{
	for (size_t i = 0; i < s.segments; i++)
		if (put_segment(fd, &s.segment[i]) < 0)
			return -1;
	return tarmake_end_data(&s.tar);
}

/* make_map - the text that begins the data of a sparse file; returns its length */
static size_t
make_map(char *map, off_t size)
{
	size_t n = (size_t)sprintf(map, "%zu\n", s.segments + 1), rest;

	for (size_t i = 0; i < s.segments; i++)
		n += (size_t)sprintf(map + n, "%lld\n%lld\n",
		    (long long)s.segment[i].from,
		    (long long)(s.segment[i].to - s.segment[i].from));
	/* As GNU tar has it: an empty segment at the end. */
	n += (size_t)sprintf(map + n, "%lld\n0\n", (long long)size);
	rest = n % BLOCK;
	if (rest > 0) {
		memset(map + n, 0, BLOCK - rest);
		n += BLOCK - rest;
	}
	return n;
}

static int
pack_sparse(int fd, const struct stat *st)
{
	static char map[(SEGMENTS + 2) * 42 + BLOCK];
	size_t n = make_map(map, st->st_size);
	char real[24];
	int len = sprintf(real, "%lld", (long long)st->st_size);

	if (tarmake_record(&s.tar, "GNU.sparse.major", "1", 1) < 0 ||
	    tarmake_record(&s.tar, "GNU.sparse.minor", "0", 1) < 0 ||
	    tarmake_record(&s.tar, "GNU.sparse.name", s.path, strlen(s.path)) < 0 ||
	    tarmake_record(&s.tar, "GNU.sparse.realsize", real, (size_t)len) < 0 ||
	    entry('0', st, (int64_t)n + sum_segments(), "") < 0 ||
	    tarmake_data(&s.tar, map, n) < 0)
		return -1;
	return put_segments(fd);
}

/* pack_file - only the size at the start: the file may grow forever */
static int
pack_file(int node, const struct stat *st)
{
	auto_close int fd = fd_reopen(node, O_NONBLOCK);

	if (fd < 0 || find_segments(fd, st->st_size) < 0 ||
	    attrs_each(fd, -s.p->first, add_attribute, NULL) < 0)
		return -1;
	if (sum_segments() < st->st_size)
		return pack_sparse(fd, st);
	if (entry('0', st, st->st_size, "") < 0)
		return -1;
	return put_segments(fd);
}

static int
pack_link(int node, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(node, "", target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return entry('2', st, 0, target);
}

static int
pack_entries(int dir, int depth)
{
	DIR *d = fd_entries(dir);
	struct dirent *e;
	int saved;

	if (!d)
		return -1;
	while ((errno = 0, e = readdir(d))) {
		auto_close int node = -1;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		node = inroot_open(dir, e->d_name, O_PATH | O_NOFOLLOW,
		    INROOT_NO_LINKS);
		if (node < 0 && errno == ENOENT)
			continue;
		if (node < 0 || pack_node(node, e->d_name, depth + 1) < 0)
			break;
	}
	saved = errno;
	closedir(d);
	errno = saved;
	return saved ? -1 : 0;
}

static int
pack_dir(int node, const struct stat *st, int depth)
{
	auto_close int dir = -1;

	if (depth >= DEPTH) {
		errno = ELOOP;
		return -1;
	}
	dir = fd_reopen(node, O_DIRECTORY);
	if (dir < 0 || attrs_each(dir, -s.p->first, add_attribute, NULL) < 0 ||
	    entry('5', st, 0, "") < 0)
		return -1;
	return pack_entries(dir, depth);
}

/* pack_kind - returns 1 if it is of a kind that is not copied */
static int
pack_kind(int node, int depth)
{
	const char *known;
	struct stat st;

	if (fstat(node, &st) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return pack_dir(node, &st, depth);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return 1;
	known = links_known(&s.links, &st);
	if (known)
		return entry('1', &st, 0, known);
	links_add(&s.links, &st, s.path);
	return S_ISREG(st.st_mode) ? pack_file(node, &st) : pack_link(node, &st);
}

/* pack_node - s.path keeps what failed */
static int
pack_node(int node, const char *name, int depth)
{
	size_t before = strlen(s.path);
	int done;

	snprintf(s.path + before, sizeof(s.path) - before, "%s%s",
	    before > 0 ? "/" : "", name);
	done = pack_kind(node, depth);
	if (done < 0)
		return -1;
	s.path[before] = '\0';
	if (done == 0)
		return 0;
	s.p->skipped++;
	return depth > 0 ? 0 : 1;
}

static int
failed(struct errmsg *why)
{
	const char *at = place_tail(s.path);

	if (errno == ELOOP)
		return errmsg_set(why, "%s: too many directories in each other", at);
	return errmsg_errno(why, "%s", at);
}

int
pack(struct pack *p, int node, const char *name, struct errmsg *why)
{
	int done;

	s.p = p;
	s.tar.out = p->out;
	s.tar.n = s.tar.n_records = 0;
	s.tar.size = 0;
	s.path[0] = '\0';
	done = pack_node(node, name, 0);
	if (done < 0)
		return failed(why);
	if (done > 0)
		return errmsg_set(why, "%s: not a regular file, directory or link", name);
	links_free(&s.links);
	if (tarmake_end(&s.tar) < 0)
		return errmsg_errno(why, "write the tar");
	return 0;
}
