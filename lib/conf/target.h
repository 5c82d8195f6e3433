/* SPDX-License-Identifier: MIT */
#ifndef CONF_TARGET_H
#define CONF_TARGET_H

#include <limits.h>

#include "base/errmsg.h"

/* A file of settings that a command works on. */
struct target {
	int dir;		/* the caller closes it */
	char file[PATH_MAX];	/* beneath dir */
	char shown[PATH_MAX];	/* its name in messages */
};

/*
 * target_name - the file of a container in conf_dir, which is opened as dir
 *
 * This and the next return 0, or -1 with errno and why.
 */
int target_name(struct target *t, const char *conf_dir, int dir,
    const char *name, struct errmsg *why);

/* target_file - any file: its directory is opened, for a temporary file in it */
int target_file(struct target *t, const char *path, struct errmsg *why);

#endif
