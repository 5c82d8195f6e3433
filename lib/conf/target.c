/* SPDX-License-Identifier: MIT */
/* target.c - a file of settings, of a container or by its path */
#define _GNU_SOURCE
#include "conf/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "conf/names.h"

int
target_name(struct target *t, const char *conf_dir, int dir, const char *name,
    struct errmsg *why)
{
	t->dir = dir;
	names_file(name, t->file);
	if ((size_t)snprintf(t->shown, sizeof(t->shown), "%s/%s", conf_dir,
	    t->file) < sizeof(t->shown))
		return 0;
	errno = ENAMETOOLONG;
	return errmsg_set(why, "path too long: %s", conf_dir);
}

int
target_file(struct target *t, const char *path, struct errmsg *why)
{
	const char *last = path_last(path);
	size_t n = (size_t)(last - path);

	if (strlen(path) >= sizeof(t->shown)) {
		errno = ENAMETOOLONG;
		return errmsg_set(why, "path too long: %s", path);
	}
	strcpy(t->file, ".");
	if (n > 0)
		snprintf(t->file, sizeof(t->file), "%.*s", (int)n, path);
	t->dir = open(t->file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return errmsg_errno(why, "open %s", t->file);
	strcpy(t->file, last);
	strcpy(t->shown, path);
	return 0;
}
