/* SPDX-License-Identifier: MIT */
/* change.c - change settings, and check them as a whole */
#include "conf/change.h"

#include <string.h>

#include "base/fd.h"
#include "conf/check.h"
#include "conf/envfile.h"

/* read_old - returns its size, or -1 with errno */
static ssize_t
read_old(const struct target *t, char *text)
{
	auto_close int fd = envfile_open(t->dir, t->file);

	return fd < 0 ? -1 : envfile_read(fd, text);
}

int
change_make(struct change_text *text, const struct target *t, bool new,
    const struct change *change, int changes, struct errmsg *why)
{
	static char kept[ENVFILE_MAX + 1];
	ssize_t size = new ? 0 : read_old(t, text->old), n;

	if (size < 0)
		return errmsg_errno(why, "read %s", t->shown);
	memcpy(kept, text->old, (size_t)size);
	n = write_change(text->old, (size_t)size, change, changes, text->new);
	if (n < 0)
		return errmsg_errno(why, "change %s", t->shown);
	text->size = (size_t)n;
	text->same = n == size && !memcmp(kept, text->new, (size_t)n);
	return 0;
}

int
change_check(const struct change_text *text, struct settings *s,
    const struct target *t, const char *name,
    const struct settings_errors *errors)
{
	memcpy(s->text, text->new, text->size);
	if (settings_parse(s, text->size, t->shown, errors) < 0)
		return -1;
	return check_settings(s, name, t->shown, errors);
}
