/* SPDX-License-Identifier: MIT */
/* view.c - the settings and the state of a container */
#define _GNU_SOURCE
#include "conf/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/check.h"
#include "conf/names.h"

enum { LAST_SIZE = 64 };	/* space reserved for the last text */

static void
keep_error(void *ctx, const char *text)
{
	struct view_errors *errors = ctx;
	size_t n = strlen(text) + 1;

	if (errors->more > 0 ||
	    n + LAST_SIZE > sizeof(errors->text) - errors->used) {
		errors->more++;
		return;
	}
	memcpy(errors->text + errors->used, text, n);
	errors->used += n;
}

/* count_rest - add the last text, if some errors did not fit */
static void
count_rest(struct view_errors *errors)
{
	if (errors->more > 0)
		errors->used += 1 + (size_t)snprintf(errors->text +
		    errors->used, LAST_SIZE, "%u further errors", errors->more);
}

/* join - DIR/NAME and what follows; returns 0, or -1 with errno */
static int
join(char buf[PATH_MAX], const char *dir, const char *name)
{
	if ((size_t)snprintf(buf, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* read_settings - returns 0, or -1 with errno ENOENT */
static int
read_settings(struct view *v, int dir, const char *file)
{
	const struct settings_errors errors = { keep_error, &v->errors };
	struct stat st;

	v->errors.used = v->errors.more = 0;
	if (settings_read(&v->settings, dir, file, v->file, &errors) == 0)
		(void)check_settings(&v->settings, v->name, v->file, &errors);
	else if (errno == ENOENT &&
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;	/* not even a dangling link */
	count_rest(&v->errors);
	return 0;
}

int
view_read(struct view *v, const struct view_source *from, const char *name)
{
	char file[NAMES_FILE_SIZE];

	v->name = name;
	names_file(name, file);
	if (join(v->file, from->conf_dir, file) < 0 ||
	    join(v->tree, from->trees, name) < 0 ||
	    read_settings(v, from->dir, file) < 0)
		return -1;
	status_read(&from->status, name, &v->status);
	return 0;
}

const char *
view_error(const struct view *v, const char *at)
{
	if (at)
		at += strlen(at) + 1;
	else
		at = v->errors.text;
	if (at >= v->errors.text + v->errors.used)
		return NULL;
	return at;
}

const char *
view_system(const struct view *v)
{
	if (v->settings.value[KEY_SYSTEM_PATH])
		return v->settings.value[KEY_SYSTEM_PATH];
	return v->status.system[0] ? v->status.system : NULL;
}
