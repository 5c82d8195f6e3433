/* SPDX-License-Identifier: MIT */
#ifndef CONF_ENVFILE_H
#define CONF_ENVFILE_H

#include <stddef.h>
#include <sys/types.h>

enum { ENVFILE_MAX = 1 << 16 };		/* bytes of a file */

/*
 * A text of KEY=VALUE lines, read as systemd reads an EnvironmentFile=:
 * comments with "#" and ";", values in single or double quotes or in none, lines
 * that a backslash continues.  Three things that systemd accepts are errors, as
 * they are usually mistakes: a line that is not an assignment, text after a
 * closing quote, and a double quote inside an unquoted value.
 */
struct envfile {
	char *text, *at, *end;
	unsigned at_line;
	/* The assignment that was read, or the line that is wrong. */
	unsigned line;		/* its first line, from 1 */
	size_t from, to;	/* its bytes, with blanks before and the newline */
	char *key, *value;	/* inside text, decoded; key NULL: none was found */
	const char *wrong;	/* for a message, static storage */
};

/*
 * envfile_read - read all of a file of settings beneath a directory
 *
 * The file may be a link.  text has room for ENVFILE_MAX + 1 bytes.  Returns
 * the size, or -1 with the errno of openat(2) or read(2), ENOTSUP (not a regular
 * file) or EFBIG (more than ENVFILE_MAX bytes).
 */
ssize_t envfile_read(int dir, const char *file, char *text);

/*
 * envfile_bad_line - find the next line with bytes that are not allowed
 *
 * These are zero bytes, control characters except tab and newline, and bytes that
 * are not UTF-8.  line is the line to begin after, 0 at first, and becomes the
 * line found.  Returns the error, or NULL.
 */
const char *envfile_bad_line(const char *text, size_t size, unsigned *line);

/* envfile_begin - text[size] must be writable; reading changes the text */
void envfile_begin(struct envfile *e, char *text, size_t size);

/*
 * envfile_next - read the next assignment
 *
 * Returns 1 with key and value, 0 at the end, or -1 with wrong: the next call
 * goes on behind that line.
 * Source: parse_env_file in systemd's src/basic/env-file.c, systemd.exec(5).
 */
int envfile_next(struct envfile *e);

#endif
