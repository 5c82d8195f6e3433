/* SPDX-License-Identifier: MIT */
/* settle.c - names of copies that are being made */
#define _GNU_SOURCE
#include "tree/settle.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tree/remove.h"
#include "tree/stale.h"

int
settle_name(int dir, const char *name, char tmp[NAME_MAX + 1])
{
	char prefix[NAME_MAX + 1];

	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(prefix, sizeof(prefix), ".%.200s.ctr-tree.", name);
	snprintf(tmp, NAME_MAX + 1, "%.220s%d", prefix, (int)getpid());
	stale_sweep(dir, prefix, remove_at);
	return 0;
}

int
settle(int from, const char *tmp, int to, const char *name, bool is_dir)
{
	if (is_dir && syncfs(to) < 0)
		return -1;
	if (syscall(SYS_renameat2, from, tmp, to, name,
	    is_dir ? RENAME_NOREPLACE : 0) < 0)
		return -1;
	return fsync(to);
}
