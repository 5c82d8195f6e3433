/* SPDX-License-Identifier: MIT */
/* settings.c - read the settings of a container, strictly */
#define _GNU_SOURCE
#include "conf/settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>


/* The state of reading a file. */
struct reading {
	struct settings *s;
	const char *shown;
	const struct settings_errors *errors;
	bool failed;
};

void
settings_report(const struct settings_errors *errors, const char *shown,
    unsigned line, const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	size_t n;

	if (!errors)
		return;
	n = (size_t)snprintf(text, sizeof(text), "%.4096s:", shown);
	if (line)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u:", line);
	text[n++] = ' ';
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	errors->report(errors->ctx, text);
}

#define report(r, ...) do { \
	settings_report((r)->errors, (r)->shown, __VA_ARGS__); \
	(r)->failed = true; } while (0)

void
settings_report_errno(const struct settings_errors *errors, const char *shown,
    int e)
{
	const char *why = strerror(e);

	if (e == ENOTSUP)
		why = "not a regular file";
	else if (e == EFBIG)
		why = "more than 65536 bytes";
	settings_report(errors, shown, 0, "%s", why);
}

int
settings_lines(char *text, size_t size, const char *shown,
    const struct settings_errors *errors, settings_each *each, void *arg)
{
	struct envfile e;
	unsigned line = 0;
	const char *wrong;
	bool failed = false;

	while ((wrong = envfile_bad_line(text, size, &line))) {
		settings_report(errors, shown, line, "%s", wrong);
		failed = true;
	}
	if (failed)
		return -1;
	envfile_begin(&e, text, size);
	while (envfile_next(&e) != 0)
		each(&e, arg);
	return 0;
}

/* add - one assignment that was read */
static void
add(struct reading *r, const struct envfile *e)
{
	struct settings *s = r->s;
	enum key key = key_find(e->key);
	struct errmsg why = { "" };

	if (key == KEYS) {
		report(r, e->line, "%.64s: unknown setting", e->key);
		return;
	}
	if (s->line[key]) {
		report(r, e->line, "%s: given twice, first in line %u", e->key,
		    s->line[key]);
		return;
	}
	s->line[key] = e->line;
	if (!*e->value)
		return;
	if (type_check(key_info[key].type, e->value, &why) < 0)
		report(r, e->line, "%s: %s", e->key, why.text);
	else
		s->value[key] = e->value;
}

/* on_line - an assignment; else report the line */
static void
on_line(const struct envfile *e, void *arg)
{
	struct reading *r = arg;

	if (!e->wrong)
		add(r, e);
	else if (e->key && key_find(e->key) != KEYS)
		report(r, e->line, "%s: %s", e->key, e->wrong);
	else
		report(r, e->line, "%s", e->wrong);
}

int
settings_parse(struct settings *s, size_t size, const char *shown,
    const struct settings_errors *errors)
{
	struct reading r = { s, shown, errors, false };

	memset(s->value, 0, sizeof(s->value));
	memset(s->line, 0, sizeof(s->line));
	/* A file that is not text is not a settings file. */
	if (settings_lines(s->text, size, shown, errors, on_line, &r) == 0 &&
	    !r.failed)
		return 0;
	errno = EINVAL;
	return -1;
}

/* unreadable - report the errno of a file that could not be read; -1 */
static int
unreadable(struct settings *s, const char *shown,
    const struct settings_errors *errors)
{
	int e = errno;

	memset(s->value, 0, sizeof(s->value));
	memset(s->line, 0, sizeof(s->line));
	settings_report_errno(errors, shown, e);
	errno = e;
	return -1;
}

int
settings_read(struct settings *s, int dir, const char *file,
    const char *shown, const struct settings_errors *errors)
{
	ssize_t n = envfile_read(dir, file, s->text);

	if (n < 0)
		return unreadable(s, shown, errors);
	return settings_parse(s, (size_t)n, shown, errors);
}

int
settings_read_any(struct settings *s, int dir, const char *file,
    const char *shown, const struct settings_errors *errors)
{
	ssize_t n = envfile_read(dir, file, s->text);

	if (n < 0 && errno == ENOENT)
		n = 0;
	if (n < 0)
		return unreadable(s, shown, errors);
	return settings_parse(s, (size_t)n, shown, errors);
}

const char *
settings_get(const struct settings *s, enum key key)
{
	if (s->value[key])
		return s->value[key];
	return key_info[key].fallback;
}

bool
settings_on(const struct settings *s, enum key key)
{
	const char *value = settings_get(s, key);

	return value && !strcmp(value, "1");
}

bool
settings_closure(const struct settings *s)
{
	const char *store = s->value[KEY_STORE];

	return store && !strcmp(store, "closure");
}

bool
settings_private(const struct settings *s)
{
	return settings_on(s, KEY_PRIVATE_NETWORK) ||
	    s->value[KEY_INTERFACES] || s->value[KEY_MACVLANS];
}

bool
settings_users(const struct settings *s)
{
	const char *users = settings_get(s, KEY_PRIVATE_USERS);

	return strcmp(users, "no") != 0 && strcmp(users, "0") != 0;
}

bool
settings_own_users(const struct settings *s)
{
	return settings_users(s) &&
	    strcmp(settings_get(s, KEY_PRIVATE_USERS), "identity") != 0;
}
