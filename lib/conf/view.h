/* SPDX-License-Identifier: MIT */
#ifndef CONF_VIEW_H
#define CONF_VIEW_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/settings.h"
#include "conf/status.h"

/* The errors in the settings of a container: texts that end with zero bytes. */
struct view_errors {
	char text[16384];
	size_t used;
	unsigned more;		/* errors that did not fit */
};

/*
 * A container for a list.  It is large: use one at a time.
 */
struct view {
	const char *name;
	char file[PATH_MAX];	/* of its settings */
	char tree[PATH_MAX];
	struct settings settings;
	struct view_errors errors;
	struct status status;
};

/* The sources of all containers. */
struct view_source {
	int dir;			/* of the settings */
	const char *conf_dir, *trees;	/* its path, and that of the trees */
	struct status_source status;
};

/*
 * view_read - read the settings and the state of a container
 *
 * Of settings with errors the valid ones are read.  Returns 0, or -1
 * with errno ENOENT (it has no file of settings) or ENAMETOOLONG.
 */
int view_read(struct view *v, const struct view_source *from,
    const char *name);

/*
 * view_error - the next error; at is NULL for the first, then the last result
 *
 * Returns NULL at the end.
 */
const char *view_error(const struct view *v, const char *at);

/*
 * view_system - the system that its next start runs, or NULL
 *
 * The system of its settings, else that of its profile.
 */
const char *view_system(const struct view *v);

#endif
