/* SPDX-License-Identifier: MIT */
/* exchange.c - two directories change their places */
#define _GNU_SOURCE
#include "tree/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
check_dir(int above, const char *name, struct errmsg *why)
{
	struct stat st;

	if (fstatat(above, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errmsg_errno(why, "%s", name);
	if (!S_ISDIR(st.st_mode))
		return errmsg_set(why, "%s: not a directory", name);
	return 0;
}

int
exchange(int above, const char *name, int above2, const char *name2,
    struct errmsg *why)
{
	if (check_dir(above, name, why) < 0 || check_dir(above2, name2, why) < 0)
		return -1;
	if (syscall(SYS_renameat2, above, name, above2, name2,
	    RENAME_EXCHANGE) < 0) {
		if (errno == EBUSY)
			return errmsg_set(why, "%s or %s is a mount point",
			    name, name2);
		if (errno == EINVAL)
			return errmsg_set(why, "their file system cannot "
			    "exchange them");
		return errmsg_errno(why, "exchange %s and %s", name, name2);
	}
	if (fsync(above) < 0 || fsync(above2) < 0)
		return errmsg_errno(why, "write to disk");
	return 0;
}
