/* SPDX-License-Identifier: MIT */
/* change.c - change settings, and check them as a whole */
#include "conf/change.h"

#include <fcntl.h>
#include <string.h>

#include "conf/check.h"
#include "conf/envfile.h"

int
change_make(struct change_text *text, const struct target *t,
    const struct cli_job *job, struct settings *before, struct errmsg *why)
{
	static char kept[ENVFILE_MAX + 1];
	ssize_t size = 0, n;

	if (!job->new)
		size = envfile_read(t->dir, t->file, text->old);
	if (size < 0)
		return errmsg_errno(why, "read %s", t->shown);
	memcpy(kept, text->old, (size_t)size);
	memcpy(before->text, kept, (size_t)size);
	(void)settings_parse(before, (size_t)size, t->shown, NULL);
	if (job->from)
		n = envfile_read(AT_FDCWD, job->from, text->new);
	else
		n = write_change(text->old, (size_t)size, job->change,
		    job->changes, text->new);
	if (n < 0 && job->from)
		return errmsg_errno(why, "read %s", job->from);
	if (n < 0)
		return errmsg_errno(why, "change %s", t->shown);
	text->size = (size_t)n;
	text->same = n == size && !memcmp(kept, text->new, (size_t)n);
	return 0;
}

int
change_check(const struct change_text *text, struct settings *s,
    const char *shown, const char *name,
    const struct settings_errors *errors)
{
	memcpy(s->text, text->new, text->size);
	if (settings_parse(s, text->size, shown, errors) < 0)
		return -1;
	return check_settings(s, name, shown, errors);
}
