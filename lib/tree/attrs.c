/* SPDX-License-Identifier: MIT */
/* attrs.c - extended attributes of copies */
#include "tree/attrs.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/xattr.h>

static const char *const acls[] = { "system.posix_acl_access", ATTRS_ACL_DEFAULT };

static bool
is_acl(const char *name)
{
	return !strcmp(name, acls[0]) || !strcmp(name, acls[1]);
}

bool
attrs_kept(const char *name)
{
	/* Overlays would obey them. */
	if (!strncmp(name, "user.overlay.", 13))
		return false;
	return !strncmp(name, "user.", 5) || is_acl(name);
}

/* shifted - is it kept, with its ID changed? */
static bool
shifted(struct posix_acl_xattr_entry *e, int64_t shift)
{
	enum { IDS = 65536 };
	int64_t tag = le16toh(e->e_tag), id = le32toh(e->e_id);

	if (tag != ACL_USER && tag != ACL_GROUP)
		return true;
	if (id == UINT32_MAX)
		return false;
	if (shift == 0)
		return true;
	if ((shift > 0 ? id : id + shift) < 0 || (shift > 0 ? id : id + shift) >= IDS)
		return false;
	e->e_id = htole32((uint32_t)(id + shift));
	return true;
}

size_t
attrs_shift(void *acl, size_t n, int64_t shift)
{
	struct posix_acl_xattr_entry e;
	unsigned char *text = acl;
	size_t to = sizeof(struct posix_acl_xattr_header);

	if (n < to)
		return n;
	for (size_t at = to; at + sizeof(e) <= n; at += sizeof(e)) {
		memcpy(&e, text + at, sizeof(e));
		if (!shifted(&e, shift))
			continue;
		memcpy(text + to, &e, sizeof(e));
		to += sizeof(e);
	}
	return to;
}

int
attrs_each(int fd, int64_t shift, int (*take)(void *arg, const char *name,
    const void *value, size_t n), void *arg)
{
	static char names[ATTRS_MAX], value[ATTRS_MAX];
	ssize_t len = flistxattr(fd, names, sizeof(names));

	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t n;

		if (!attrs_kept(names + at))
			continue;
		/* One that was just removed is none. */
		n = fgetxattr(fd, names + at, value, sizeof(value));
		if (n < 0)
			continue;
		if (is_acl(names + at))
			n = (ssize_t)attrs_shift(value, (size_t)n, shift);
		if (take(arg, names + at, value, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

int
attrs_set(int fd, const char *name, const void *value, size_t n)
{
	if (attrs_kept(name))
		return fsetxattr(fd, name, value, n, 0);
	errno = EPERM;
	return -1;
}

/* The target of attrs_copy. */
struct target {
	int fd;
	unsigned long lost;
};

static int
set_on(void *arg, const char *name, const void *value, size_t n)
{
	struct target *t = arg;

	if (attrs_set(t->fd, name, value, n) < 0)
		t->lost++;
	return 0;
}

unsigned long
attrs_copy(int from, int to, int64_t shift)
{
	struct target t = { to, 0 };

	(void)attrs_each(from, shift, set_on, &t);	/* set_on never fails */
	return t.lost;
}
