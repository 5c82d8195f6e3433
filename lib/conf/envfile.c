/* SPDX-License-Identifier: MIT */
/*
 * envfile.c - read KEY=VALUE lines as systemd reads an EnvironmentFile=
 *
 * A value is decoded in place: it never becomes longer.
 */
#define _GNU_SOURCE
#include "conf/envfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/visible.h"

static int
open_file(int dir, const char *file)
{
	/* O_NONBLOCK: a FIFO must not make us wait. */
	auto_close int fd = openat(dir, file,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > ENVFILE_MAX) {
		errno = S_ISREG(st.st_mode) ? EFBIG : ENOTSUP;
		return -1;
	}
	return fd_take(&fd);
}

ssize_t
envfile_read(int dir, const char *file, char *text)
{
	auto_close int fd = open_file(dir, file);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = fd_read_max(fd, text, ENVFILE_MAX + 1);
	if (n <= ENVFILE_MAX)
		return n;
	errno = EFBIG;		/* it grew */
	return -1;
}

/* bad_char - the error of the character at s, or NULL; *size: its bytes */
static const char *
bad_char(const unsigned char *s, size_t n, size_t *size)
{
	uint32_t c;
	int known = visible_decode(s, n, &c);

	*size = 1;
	if (known <= 0)
		return "not UTF-8";
	*size = (size_t)known;
	if (c == '\t' || c == '\n')
		return NULL;
	if (c == 0)
		return "zero byte";
	/* U+0080 to U+009F are control characters, too. */
	if (c < ' ' || (c >= 0x7f && c < 0xa0))
		return "control character";
	return NULL;
}

const char *
envfile_bad_line(const char *text, size_t size, unsigned *line)
{
	unsigned here = 1, after = *line;
	size_t step;

	for (size_t i = 0; i < size; i += step) {
		const char *wrong = bad_char((const unsigned char *)text + i,
		    size - i, &step);

		if (wrong && here > after) {
			*line = here;
			return wrong;
		}
		here += text[i] == '\n';
	}
	return NULL;
}

void
envfile_begin(struct envfile *e, char *text, size_t size)
{
	memset(e, 0, sizeof(*e));
	e->text = e->at = text;
	e->end = text + size;
	e->at_line = 1;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
at_end(const struct envfile *e)
{
	return e->at == e->end || *e->at == '\n';
}

static void
skip_blanks(struct envfile *e)
{
	while (e->at < e->end && blank(*e->at))
		e->at++;
}

/* skip_line - go behind the next newline */
static void
skip_line(struct envfile *e)
{
	while (!at_end(e))
		e->at++;
	if (e->at < e->end) {
		e->at++;
		e->at_line++;
	}
}

/* continued - a backslash before a newline continues the line; true: it does */
static bool
continued(struct envfile *e)
{
	if (e->at == e->end || *e->at != '\n')
		return false;
	e->at++;
	e->at_line++;
	return true;
}

static char *
read_single(struct envfile *e, char *to)
{
	while (!at_end(e) && *e->at != '\'')
		*to++ = *e->at++;
	return to;
}

static char *
read_double(struct envfile *e, char *to)
{
	while (!at_end(e) && *e->at != '"') {
		char c = *e->at++;

		if (c == '\\' && continued(e))
			continue;
		/* Before any other character a backslash stands for itself. */
		if (c == '\\' && e->at < e->end && memchr("\"\\`$", *e->at, 4))
			c = *e->at++;
		else if (c == '\\' && !at_end(e)) {
			*to++ = c;
			c = *e->at++;
		}
		*to++ = c;
	}
	return to;
}

/* read_quoted - a value in quotes, and nothing behind them */
static char *
read_quoted(struct envfile *e, char *to)
{
	char quote = *e->at++;

	if (quote == '"')
		to = read_double(e, to);
	else
		to = read_single(e, to);
	if (at_end(e)) {
		e->wrong = "a quote is not closed in its line";
		return to;
	}
	e->at++;
	skip_blanks(e);
	if (!at_end(e))
		e->wrong = "text behind a closing quote";
	return to;
}

static char *
read_plain(struct envfile *e, char *to)
{
	char *keep = to;	/* blanks behind this are not part of it */

	while (!at_end(e) && !e->wrong) {
		char c = *e->at++;

		if (c == '"')
			e->wrong = "a double quote inside an unquoted value";
		if (c != '\\') {
			*to++ = c;
			continue;
		}
		if (e->at < e->end && !continued(e))
			*to++ = *e->at++;
		else if (e->at == e->end)
			e->wrong = "a backslash at the end of the file";
		keep = to;
	}
	while (to > keep && blank(to[-1]))
		to--;
	return to;
}

static int
fail(struct envfile *e, const char *wrong)
{
	e->wrong = wrong;
	skip_line(e);
	e->to = (size_t)(e->at - e->text);
	return -1;
}

/* read_key - read up to "="; false if the line has none */
static bool
read_key(struct envfile *e)
{
	char *from = e->at, *to;

	while (!at_end(e) && *e->at != '=')
		e->at++;
	if (at_end(e))
		return false;
	for (to = e->at++; to > from && blank(to[-1]); to--)
		;
	*to = '\0';
	e->key = from;
	return true;
}

int
envfile_next(struct envfile *e)
{
	bool quoted;
	char *to;

	e->key = e->value = NULL;
	e->wrong = NULL;
	for (;;) {
		e->from = (size_t)(e->at - e->text);
		e->line = e->at_line;
		skip_blanks(e);
		if (e->at == e->end)
			return 0;
		if (*e->at != '\n' && *e->at != '#' && *e->at != ';')
			break;
		skip_line(e);
	}
	if (!read_key(e))
		return fail(e, "expected KEY=VALUE");
	skip_blanks(e);
	e->value = e->at;
	quoted = !at_end(e) && (*e->at == '"' || *e->at == '\'');
	if (quoted)
		e->value++;
	if (quoted)
		to = read_quoted(e, e->value);
	else
		to = read_plain(e, e->value);
	if (e->wrong)
		return fail(e, e->wrong);
	skip_line(e);
	e->to = (size_t)(e->at - e->text);
	*to = '\0';
	return 1;
}
