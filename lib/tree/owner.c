/* SPDX-License-Identifier: MIT */
/* owner.c - users of a tree */
#define _GNU_SOURCE
#include "tree/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/num.h"
#include "tree/inroot.h"

enum { PASSWD_MAX = 4 << 20 };

static int
open_passwd(int top)
{
	auto_close int node = inroot_open(top, "etc/passwd", O_PATH, INROOT_LINKS);
	struct stat st;

	if (node < 0 || fstat(node, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode) && st.st_size <= PASSWD_MAX)
		return fd_reopen(node, O_NONBLOCK);
	errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	return -1;
}

/* look_up - returns 1, 0 (not there), or -1 with errno */
static int
look_up(int top, const char *user, long long number, uid_t *uid, gid_t *gid)
{
	auto_close int fd = open_passwd(top);
	struct passwd *pw = NULL;
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (!f)
		return errno == ENOENT ? 0 : -1;
	(void)fd_take(&fd);
	while ((pw = fgetpwent(f)))
		if (number < 0 ? !strcmp(pw->pw_name, user) :
		    pw->pw_uid == (uid_t)number)
			break;
	if (pw) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	}
	fclose(f);
	return pw != NULL;
}

int
owner_find(int top, const char *user, uid_t *uid, gid_t *gid, struct errmsg *why)
{
	long long number = num_read(user, UINT32_MAX - 1);
	int found = look_up(top, user, number, uid, gid);

	if (found < 0)
		return errmsg_errno(why, "read etc/passwd");
	if (found == 0 && number >= 0) {
		*uid = (uid_t)number;
		*gid = (gid_t)number;
		return 0;
	}
	if (found == 0 && !strcmp(user, "root")) {
		*uid = 0;
		*gid = 0;
		return 0;
	}
	return found ? 0 : errmsg_set(why, "no such user: \"%s\"", user);
}
