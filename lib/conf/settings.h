/* SPDX-License-Identifier: MIT */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errmsg.h"
#include "conf/envfile.h"
#include "conf/key.h"

/*
 * The settings of a container.  It is large: 64 KiB for the text.
 */
struct settings {
	const char *value[KEYS];	/* NULL: not given, or empty */
	unsigned line[KEYS];		/* of the key in its file; 0: not given */
	char text[ENVFILE_MAX + 1];	/* the values point into it */
};

/* How errors are reported: one call for each, "FILE:LINE: KEY: why". */
struct settings_errors {
	void (*report)(void *ctx, const char *text);
	void *ctx;
};

/* settings_report - report an error; line 0: of the whole file */
__attribute__((format(printf, 4, 5)))
void settings_report(const struct settings_errors *errors, const char *shown,
    unsigned line, const char *fmt, ...);

/* settings_report_errno - report an errno of envfile_read */
void settings_report_errno(const struct settings_errors *errors,
    const char *shown, int e);

/* A callback for an assignment; or, with wrong, for a line that is none. */
typedef void settings_each(const struct envfile *e, void *arg);

/*
 * settings_lines - read a text of KEY=VALUE lines, whatever its keys are
 *
 * text[size] must be writable.  If there are bytes that are not allowed, they are
 * reported, and no line is read.  Returns 0, or -1.
 */
int settings_lines(char *text, size_t size, const char *shown,
    const struct settings_errors *errors, settings_each *each, void *arg);

/*
 * settings_read - read a file of settings beneath a directory
 *
 * file is opened beneath dir (AT_FDCWD for any path); shown is its name in
 * messages.  Each error is reported; errors may be NULL.  Returns 0, or -1 with
 * errno EINVAL (the file has errors; s has the valid settings, so that a
 * container with one bad line can still be listed) or that of envfile_read (s
 * has no settings).
 */
int settings_read(struct settings *s, int dir, const char *file,
    const char *shown, const struct settings_errors *errors);

/*
 * settings_read_any - the same, but a missing file is an empty one
 *
 * Its container may have been destroyed meanwhile.
 */
int settings_read_any(struct settings *s, int dir, const char *file,
    const char *shown, const struct settings_errors *errors);

/*
 * settings_parse - the same, for a text of size bytes that is in s->text
 *
 * Returns 0, or -1 with errno EINVAL.
 */
int settings_parse(struct settings *s, size_t size, const char *shown,
    const struct settings_errors *errors);

/* settings_get - the value of a key, else its default, or NULL */
const char *settings_get(const struct settings *s, enum key key);

/* settings_on - is this switch on, by its value or its default? */
bool settings_on(const struct settings *s, enum key key);

/* settings_closure - does it see only the closure of its system in the store? */
bool settings_closure(const struct settings *s);

/* settings_private - does it get its own network namespace? */
bool settings_private(const struct settings *s);

/* settings_users - does it have a user namespace? */
bool settings_users(const struct settings *s);

/*
 * settings_own_users - are its users none of the host's?
 *
 * In a user namespace of the same IDs its root is root for the host's files,
 * among them the sysctls.
 */
bool settings_own_users(const struct settings *s);

#endif
