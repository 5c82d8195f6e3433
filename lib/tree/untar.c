/* SPDX-License-Identifier: MIT */
/* untar.c - make what an untrusted tar has */
#define _GNU_SOURCE
#include "tree/untar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/attrs.h"
#include "tree/inroot.h"
#include "tree/place.h"
#include "tree/tardata.h"

enum {
	DEPTH = 201,		/* each level holds a descriptor */
	ACL_MAX = 4096,		/* the kernel's own limit is that of a block */
};

/* What a directory or file gets at its end. */
struct meta {
	mode_t mode;
	struct timespec mtime;
	bool given;		/* else only the mode is */
};

/* A directory that is open; new entries may be in it. */
struct level {
	int fd;
	char name[NAME_MAX + 1];
	bool made;		/* by this tar: it gets its owner at the end */
	struct meta meta;
	size_t n_acl;		/* a default ACL, which new entries would inherit */
	char acl[ACL_MAX];
};

static struct level level[DEPTH];	/* the first is the directory itself */
static int levels;

static int
failed(const struct tarread *t, struct errmsg *why)
{
	return errmsg_errno(why, "%s", place_tail(t->entry.path));
}

/* next_name - the next part of a path; *path: what follows it; false: none */
static bool
next_name(const char **path, const char **name, size_t *n)
{
	do {
		*path += strspn(*path, "/");
		*name = *path;
		*n = strcspn(*path, "/");
		*path += *n;
	} while (*n == 1 && **name == '.');
	return *n > 0;
}

/* check_path - is it one that leads nowhere else?  Links are met later. */
static int
check_path(const char *path, struct errmsg *why)
{
	const char *at = path, *name;
	bool bad = *path == '/' || !*path;
	size_t n;

	while (next_name(&at, &name, &n)) {
		bad = bad || (n == 2 && !memcmp(name, "..", 2));
		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return errmsg_errno(why, "%s", place_tail(path));
		}
	}
	if (bad)
		return errmsg_set(why, "a path of the tar leads out of the copy: %s",
		    *path ? place_tail(path) : "\"\"");
	return 0;
}

static int
finish(const struct untar *u, int fd, const struct meta *m)
{
	const struct timespec times[2] = { m->mtime, m->mtime };

	/* The owner first: a change of owner clears bits of the mode. */
	if (fchown(fd, u->uid, u->gid) < 0 || fchmod(fd, m->mode & u->mask) < 0)
		return -1;
	return m->given ? futimens(fd, times) : 0;
}

/* close_levels - down to n of them */
static int
close_levels(struct untar *u, int n)
{
	int done = 0;

	while (levels > n) {
		struct level *l = &level[--levels];

		if (l->n_acl > 0 &&
		    attrs_set(l->fd, ATTRS_ACL_DEFAULT, l->acl, l->n_acl) < 0)
			u->lost++;
		if (l->made && finish(u, l->fd, &l->meta) < 0)
			done = -1;
		if (levels > 0)
			close(l->fd);	/* the first is the caller's */
	}
	return done;
}

/* open_level - the directory of that name in the last one */
static int
open_level(const char *name, size_t n)
{
	struct level *l = &level[levels];
	int above = level[levels - 1].fd;

	if (levels == DEPTH) {
		errno = ELOOP;
		return -1;
	}
	memcpy(l->name, name, n);
	l->name[n] = '\0';
	l->made = mkdirat(above, l->name, 0700) == 0;
	if (!l->made && errno != EEXIST)
		return -1;
	l->fd = inroot_open(above, l->name, O_RDONLY | O_DIRECTORY, INROOT_PLAIN);
	if (l->fd < 0)
		return -1;
	l->meta = (struct meta){ .mode = 0755 };
	l->n_acl = 0;
	levels++;
	return 0;
}

/*
 * go_to - open the directory of a path; *last: its last part, of *n bytes
 *
 * Those that are open and not on the way are complete, as far as it is known.
 */
static int
go_to(struct untar *u, const char *path, const char **last, size_t *n)
{
	const char *name;
	size_t len;
	int depth = 1;

	next_name(&path, last, n);
	while (next_name(&path, &name, &len)) {
		bool open = depth < levels && !level[depth].name[*n] &&
		    !memcmp(level[depth].name, *last, *n);

		if (!open && (close_levels(u, depth) < 0 || open_level(*last, *n) < 0))
			return -1;
		depth++;
		*last = name;
		*n = len;
	}
	return close_levels(u, depth);
}

struct target {
	struct untar *u;
	int fd;
	struct level *level;	/* of a directory, or NULL */
};

static int
set_attribute(void *arg, const char *name, const void *value, size_t n)
{
	struct target *t = arg;
	char acl[ACL_MAX];
	bool is_default = !strcmp(name, ATTRS_ACL_DEFAULT);

	if (!strncmp(name, "system.posix_acl_", 17)) {
		if (n > sizeof(acl)) {
			t->u->lost++;
			return 0;
		}
		memcpy(acl, value, n);
		n = attrs_shift(acl, n, t->u->first);
		value = acl;
	}
	if (is_default && t->level) {
		memcpy(t->level->acl, value, n);
		t->level->n_acl = n;
	} else if (attrs_kept(name) && attrs_set(t->fd, name, value, n) < 0) {
		t->u->lost++;
	}
	return 0;
}

static void
set_attributes(struct untar *u, const struct tarread *t, int fd, struct level *l)
{
	struct target to = { u, fd, l };

	(void)tarread_attributes(t, set_attribute, &to);	/* never fails */
}

static struct meta
meta_of(const struct tarread_entry *e)
{
	return (struct meta){ .mode = e->mode, .mtime = e->mtime, .given = true };
}

/* make_dir - an entry, or "." for the first */
static int
make_dir(struct untar *u, const struct tarread *t, const char *name, size_t n)
{
	struct level *l;

	if (n > 0 && open_level(name, n) < 0)
		return -1;
	l = &level[levels - 1];
	l->made = true;
	l->meta = meta_of(&t->entry);
	set_attributes(u, t, l->fd, l);
	return 0;
}

/* again - what is in the way goes, once, unless it is a directory */
static bool
again(int dir, const char *name, bool *tried)
{
	if (errno != EEXIST || *tried)
		return false;
	*tried = true;
	return unlinkat(dir, name, 0) == 0;
}

static int
make_file(struct untar *u, struct tarread *t, int dir, const char *name,
    struct errmsg *why)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const struct meta m = meta_of(&t->entry);
	auto_close int fd = -1;
	bool tried = false;

	do {
		fd = openat(dir, name, flags, 0600);
	} while (fd < 0 && again(dir, name, &tried));
	if (fd < 0)
		return failed(t, why);
	if (tardata_write(t, fd, true, why) < 0)
		return -1;
	set_attributes(u, t, fd, NULL);
	return finish(u, fd, &m) < 0 ? failed(t, why) : 0;
}

static int
make_symlink(const struct untar *u, const struct tarread_entry *e, int dir,
    const char *name)
{
	const struct timespec times[2] = { e->mtime, e->mtime };
	bool tried = false;
	int done;

	do {
		done = symlinkat(e->link, dir, name);
	} while (done < 0 && again(dir, name, &tried));
	if (done < 0 || fchownat(dir, name, u->uid, u->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int
make_hardlink(const struct tarread_entry *e, int dir, const char *name,
    struct errmsg *why)
{
	auto_close int from = -1;
	bool tried = false;
	struct place p;
	int done;

	if (check_path(e->link, why) < 0 || place_split(&p, e->link, why) < 0)
		return -1;
	from = inroot_open(level[0].fd, p.above, O_PATH | O_DIRECTORY, INROOT_PLAIN);
	if (from < 0)
		return errmsg_errno(why, "hard link to %s", place_tail(e->link));
	do {
		done = linkat(from, p.name, dir, name, 0);
	} while (done < 0 && again(dir, name, &tried));
	return done < 0 ? errmsg_errno(why, "hard link to %s", place_tail(e->link)) : 0;
}

/* make - an entry that is no directory */
static int
make(struct untar *u, struct tarread *t, const char *last, size_t n, struct errmsg *why)
{
	int dir = level[levels - 1].fd;
	char name[NAME_MAX + 1];

	memcpy(name, last, n);
	name[n] = '\0';
	if (n == 0)
		return errmsg_set(why, "the tar has no name for a file");
	switch (t->entry.type) {
	case '0': return make_file(u, t, dir, name, why);
	case '1': return make_hardlink(&t->entry, dir, name, why);
	default:
		if (make_symlink(u, &t->entry, dir, name) < 0)
			return failed(t, why);
		return 0;
	}
}

static int
take(struct untar *u, struct tarread *t, struct errmsg *why)
{
	const char *last;
	size_t n;

	switch (t->entry.type) {
	case '0':
	case '1':
	case '2':
	case '5': break;
	default:
		u->skipped++;
		return 0;
	}
	if (check_path(t->entry.path, why) < 0)
		return -1;
	if (go_to(u, t->entry.path, &last, &n) < 0)
		return failed(t, why);
	u->top = u->top || n == 0;
	if (t->entry.type != '5')
		return make(u, t, last, n, why);
	return make_dir(u, t, last, n) < 0 ? failed(t, why) : 0;
}

int
untar(struct untar *u, struct tarread *t, bool given, int dir, struct errmsg *why)
{
	int got = given ? 1 : tarread_next(t, why);

	level[0] = (struct level){ .fd = dir };
	levels = 1;
	for (; got > 0; got = tarread_next(t, why))
		if (take(u, t, why) < 0)
			break;
	if (got == 0 && close_levels(u, 0) < 0)
		return errmsg_errno(why, "finish the copy");
	(void)close_levels(u, 0);	/* after a failure, all goes */
	return got == 0 ? 0 : -1;
}
