/* SPDX-License-Identifier: MIT */
/*
 * err.c - err(3) and similar functions, instead of libc's
 *
 * A message may contain text chosen by a container's root.  It must stay one
 * line without terminal escapes: control characters and bytes that are not
 * UTF-8 become question marks.  It is written with one call.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/visible.h"

enum { NO_ERRNO = -1 };

/* say - write a message; a long one is cut */
__attribute__((format(printf, 1, 0)))
static void
say(const char *fmt, va_list ap, int error)
{
	char line[8192];
	size_t n, room = sizeof(line) - 1;

	snprintf(line, room, "%s: ", program_invocation_short_name);
	n = strlen(line);
	vsnprintf(line + n, room - n, fmt, ap);
	n = strlen(line);
	if (error != NO_ERRNO)
		snprintf(line + n, room - n, ": %s", strerror(error));
	for (n = 0; line[n]; ) {
		/* The zero byte at the end ends any incomplete character. */
		int known = visible_char((unsigned char *)line + n, 4);

		if (known <= 0) {
			line[n] = '?';
			known = 1;
		}
		n += (size_t)known;
	}
	line[n] = '\n';
	/* An error cannot be reported anywhere. */
	(void)!write(STDERR_FILENO, line, n + 1);
}

void
vwarnx(const char *fmt, va_list ap)
{
	say(fmt, ap, NO_ERRNO);
}

void
warn(const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, e);
	va_end(ap);
}

void
warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, NO_ERRNO);
	va_end(ap);
}

void
err(int status, const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, e);
	va_end(ap);
	exit(status);
}

void
errx(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, NO_ERRNO);
	va_end(ap);
	exit(status);
}
