/* SPDX-License-Identifier: MIT */
/* mounts.c - list mount points */
#define _GNU_SOURCE
#include "tree/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/statmount.h"

/* Mounts to look below: the top, and those of the file system type through. */
struct above {
	uint64_t id[64];
	int n;
	uint64_t through;
};

struct text {
	char *p, *fixed;	/* p is on the heap unless it is fixed */
	size_t len, size;
};

static int
text_room(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : 4096;
	char *old = t->p, *p;

	while (size - t->len < more)
		size *= 2;
	if (size == t->size)
		return 0;
	if (old == t->fixed)
		old = NULL;
	p = realloc(old, size);
	if (!p)
		return -1;
	if (!old && t->fixed)
		memcpy(p, t->fixed, t->len);
	t->p = p;
	t->size = size;
	return 0;
}

/* add - append path to the list, if it is below dir */
static int
add(struct text *t, const char *dir, const char *path)
{
	size_t n = strlen(dir), len;

	if (strncmp(path, dir, n) != 0 || path[n] != '/' || !path[n + 1])
		return 0;
	len = strlen(path + n + 1) + 1;
	if (text_room(t, len) < 0)
		return -1;
	memcpy(t->p + t->len, path + n + 1, len);
	t->len += len;
	return 0;
}

static bool
is_above(const struct above *a, uint64_t id)
{
	for (int i = 0; i < a->n; i++)
		if (a->id[i] == id)
			return true;
	return false;
}

/*
 * add_id - add a mount by its ID
 *
 * The mount point is asked for only if it matters: that takes twice as long as
 * all the rest.  IDs come in mount order, parents first.
 */
static int
add_id(struct text *t, const char *dir, uint64_t id, struct above *a)
{
	struct mnt_id_req req = { .size = sizeof(req), .mnt_id = id,
	    .param = WANT_BASIC };
	struct mnt_stat st;

	if (syscall(SYS_statmount, &req, &st, offsetof(struct mnt_stat, str),
	    0) < 0)
		return errno == ENOENT ? 0 : -1;	/* unmounted since */
	if (!is_above(a, st.mnt_parent_id))
		return 0;
	if (st.sb_magic == a->through) {
		if (a->n == sizeof(a->id) / sizeof(*a->id)) {
			errno = ENOSYS;
			return -1;
		}
		a->id[a->n++] = id;
		return 0;
	}
	req.param = WANT_MNT_POINT;
	if (syscall(SYS_statmount, &req, &st, sizeof(st), 0) < 0)
		return errno == ENOENT ? 0 : -1;
	return add(t, dir, st.str + st.mnt_point);
}

static int
from_listmount(int fd, const char *dir, uint64_t through, struct text *t)
{
	struct mnt_id_req req = { .size = sizeof(req) };
	struct above above = { .n = 1, .through = through };
	struct statx_id st = { 0 };
	uint64_t ids[256];
	long n;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, WANT_MNT_ID_UNIQUE,
	    &st) < 0)
		return -1;
	if (!(st.mask & WANT_MNT_ID_UNIQUE)) {
		errno = ENOSYS;
		return -1;
	}
	above.id[0] = req.mnt_id = st.mnt_id;
	do {
		n = syscall(SYS_listmount, &req, ids, 256, 0);
		if (n < 0)
			return -1;
		for (long i = 0; i < n; i++)
			if (add_id(t, dir, ids[i], &above) < 0)
				return -1;
		if (n > 0)
			req.param = ids[n - 1];
	} while (n == 256);
	return 0;
}

static int
read_all(const char *path, struct text *t)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	do {
		if (fd < 0 || text_room(t, 4096) < 0)
			return -1;
		n = fd_read_max(fd, t->p + t->len, t->size - t->len - 1);
		if (n < 0)
			return -1;
		t->len += (size_t)n;
	} while (n > 0);
	t->p[t->len] = '\0';
	return 0;
}

/* unescape - the kernel writes blanks, newlines and backslashes as \ooo */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to = (char)((s[1] & 3) << 6 | (s[2] & 7) << 3 |
			    (s[3] & 7));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

static int
from_mountinfo(const char *dir, struct text *t)
{
	struct text all = { 0 };
	char *line, *next, *field, *save;
	int r = read_all("/proc/self/mountinfo", &all);

	for (line = all.p; r == 0 && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		field = strtok_r(line, " ", &save);
		for (int i = 1; field && i < 5; i++)
			field = strtok_r(NULL, " ", &save);
		if (!field)
			continue;
		unescape(field);
		r = add(t, dir, field);
	}
	free(all.p);
	return r;
}

/* rank - of a character in a path: the end first, then '/', then the rest */
static int
rank(unsigned char c)
{
	if (c == '\0')
		return 0;
	if (c == '/')
		return 1;
	return c + 1;
}

/* compare - as strcmp, but entries below a directory follow it at once */
static int
compare(const void *x, const void *y)
{
	const unsigned char *a = *(unsigned char *const *)x;
	const unsigned char *b = *(unsigned char *const *)y;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	return rank(*a) - rank(*b);
}

int
mounts_below(int fd, const char *dir, unsigned long through, struct mounts *m)
{
	struct text t = { .p = m->small, .fixed = m->small,
	    .size = sizeof(m->small) };
	size_t i = 0;

	m->n = 0;
	m->path = m->few;
	if (from_listmount(fd, dir, through, &t) < 0) {
		t.len = 0;
		if (from_mountinfo(dir, &t) < 0)
			goto fail;
	}
	for (size_t at = 0; at < t.len; at += strlen(t.p + at) + 1)
		m->n++;
	if (m->n > sizeof(m->few) / sizeof(*m->few))
		m->path = calloc(m->n, sizeof(*m->path));
	if (!m->path)
		goto fail;
	for (size_t at = 0; at < t.len; at += strlen(t.p + at) + 1)
		m->path[i++] = t.p + at;
	qsort(m->path, m->n, sizeof(*m->path), compare);
	m->text = t.p;
	return 0;
fail:
	if (t.p != m->small)
		free(t.p);
	return -1;
}

/* is_field3 - is this the third field of a line of mountinfo? */
static bool
is_field3(const char *line, const char *text)
{
	size_t n = strlen(text);

	for (int i = 0; i < 2; i++) {
		line = strchr(line, ' ');
		if (!line)
			return false;
		line++;
	}
	return !strncmp(line, text, n) && line[n] == ' ';
}

bool
mounts_has(dev_t dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	bool found = false;
	char *line = NULL, want[32];
	size_t room = 0;

	snprintf(want, sizeof(want), "%u:%u", major(dev), minor(dev));
	while (f && !found && getline(&line, &room, f) > 0)
		found = is_field3(line, want);
	free(line);
	if (f)
		fclose(f);
	return found;
}
