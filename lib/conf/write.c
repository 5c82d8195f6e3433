/* SPDX-License-Identifier: MIT */
/* write.c - change settings in a file, and keep the rest of it */
#define _GNU_SOURCE
#include "conf/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/envfile.h"
#include "conf/quote.h"

/* A text that grows. */
struct out {
	char *text;
	size_t size;
	bool full;
};

static void
put(struct out *out, const char *bytes, size_t n)
{
	if (out->full || n > ENVFILE_MAX - out->size) {
		out->full = true;
		return;
	}
	memcpy(out->text + out->size, bytes, n);
	out->size += n;
}

static void
put_setting(struct out *out, const struct change *change)
{
	char value[2 * ENVFILE_MAX + 3];
	const char *name = key_info[change->key].name;
	size_t size;

	if (!change->value || strlen(change->value) > ENVFILE_MAX) {
		out->full |= change->value != NULL;
		return;
	}
	size = quote_value(change->value, value);
	put(out, name, strlen(name));
	put(out, "=", 1);
	put(out, value, size);
	put(out, "\n", 1);
}

/* change_of - the change of an assignment, or NULL: it stays */
static const struct change *
change_of(const struct envfile *e, const struct change *change, int n)
{
	for (int i = 0; e->key && i < n; i++)
		if (!strcmp(key_info[change[i].key].name, e->key))
			return &change[i];
	return NULL;
}

/* is_continued - does a backslash before the last newline continue the line? */
static bool
is_continued(const struct out *out)
{
	size_t backslashes = 0;

	while (out->size >= backslashes + 2 &&
	    out->text[out->size - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

ssize_t
write_change(char *old, size_t size, const struct change *change, int n,
    char *new)
{
	char kept[ENVFILE_MAX];
	struct out out = { new, 0, false };
	bool done[KEYS] = { false };
	struct envfile e;
	size_t at = 0;

	/* Reading decodes the text in place. */
	memcpy(kept, old, size);
	envfile_begin(&e, old, size);
	while (envfile_next(&e) != 0) {
		const struct change *c = change_of(&e, change, n);

		if (!c)
			continue;
		put(&out, kept + at, e.from - at);
		at = e.to;
		if (!done[c->key])
			put_setting(&out, c);
		done[c->key] = true;
	}
	put(&out, kept + at, size - at);
	if (out.size > 0 && out.text[out.size - 1] != '\n')
		put(&out, "\n", 1);
	if (is_continued(&out))
		put(&out, "\n", 1);
	for (int i = 0; i < n; i++) {
		if (!done[change[i].key])
			put_setting(&out, &change[i]);
		done[change[i].key] = true;
	}
	if (!out.full)
		return (ssize_t)out.size;
	errno = EFBIG;
	return -1;
}

/* look - may the file be changed? */
static int
look(int dir, const char *file, struct stat *st, struct errmsg *why)
{
	if (fstatat(dir, file, st, AT_SYMLINK_NOFOLLOW) < 0)
		return errmsg_errno(why, "look at %s", file);
	if (S_ISREG(st->st_mode) && st->st_mode & 0222 &&
	    faccessat(dir, file, W_OK, AT_EACCESS) == 0)
		return 0;
	errno = EPERM;
	return errmsg_set(why, "declared in the host's configuration: change "
	    "it there");
}

/* fill - write the new file, before it gets the name */
static int
fill(int fd, const struct stat *old, const char *text, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if ((st.st_uid != old->st_uid || st.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0)
		return -1;
	if (fchmod(fd, old->st_mode & 0777) < 0)
		return -1;
	if (fd_write_all(fd, text, size) < 0)
		return -1;
	return fsync(fd);
}

/* name_file - rename the written file; a new one replaces no other file */
static int
name_file(int dir, const char *tmp, const char *file, bool new)
{
	if (!new)
		return renameat(dir, tmp, dir, file);
	if (linkat(dir, tmp, dir, file, 0) < 0)
		return -1;
	return unlinkat(dir, tmp, 0);
}

int
write_file(int dir, const char *file, bool new, const char *text, size_t size,
    struct errmsg *why)
{
	struct stat old = { .st_mode = 0644, .st_uid = geteuid(),
	    .st_gid = getegid() };
	auto_close int fd = -1;
	char tmp[256];
	int e;

	if (!new && look(dir, file, &old, why) < 0)
		return -1;
	/* A fixed name: the next command removes a stale file. */
	snprintf(tmp, sizeof(tmp), ".%s.tmp", file);
	(void)unlinkat(dir, tmp, 0);	/* else openat says why */
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errmsg_errno(why, "create %s", tmp);
	if (fill(fd, &old, text, size) < 0 ||
	    name_file(dir, tmp, file, new) < 0) {
		e = errno;
		(void)unlinkat(dir, tmp, 0);	/* the first error counts */
		errno = e;
		if (e == EEXIST)
			return errmsg_set(why, "it exists already");
		return errmsg_errno(why, "write %s", tmp);
	}
	if (fsync(dir) < 0)
		return errmsg_errno(why, "write the directory of %s", file);
	return 0;
}
