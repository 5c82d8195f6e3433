/* SPDX-License-Identifier: MIT */
#ifndef CONF_CHANGE_H
#define CONF_CHANGE_H

#include <stdbool.h>

#include "conf/settings.h"
#include "conf/target.h"
#include "conf/write.h"

/* A text of settings before and after a change. */
struct change_text {
	char old[ENVFILE_MAX + 1], new[ENVFILE_MAX + 1];
	size_t size;		/* of new */
	bool same;
};

/*
 * change_make - make changes in the text of a file
 *
 * With new, the file counts as empty.  Returns 0, or -1 with errno and why.
 */
int change_make(struct change_text *text, const struct target *t, bool new,
    const struct change *change, int changes, struct errmsg *why);

/*
 * change_check - read the new text into s, and check it as a whole
 *
 * name is the container's, or NULL.  Returns 0, or -1 with errno EINVAL;
 * errors are reported.
 */
int change_check(const struct change_text *text, struct settings *s,
    const struct target *t, const char *name,
    const struct settings_errors *errors);

#endif
