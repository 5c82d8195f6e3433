/* SPDX-License-Identifier: MIT */
#ifndef CONF_CHANGE_H
#define CONF_CHANGE_H

#include <stdbool.h>

#include "conf/job.h"
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
 * change_make - make the new text of a file, as the command line says
 *
 * With new, the old file counts as empty.  before gets its settings, of wrong ones the
 * valid.  Returns 0, or -1 with errno and why.
 */
int change_make(struct change_text *text, const struct target *t,
    const struct cli_job *job, struct settings *before, struct errmsg *why);

/*
 * change_check - read the new text into s, and check it as a whole
 *
 * shown is its name in messages, name the container's, or NULL.  Returns 0, or -1
 * with errno EINVAL; errors are reported.
 */
int change_check(const struct change_text *text, struct settings *s,
    const char *shown, const char *name,
    const struct settings_errors *errors);

#endif
