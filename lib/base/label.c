/* SPDX-License-Identifier: MIT */
/* label.c - the output of a command, each line behind a label */
#include "base/label.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/visible.h"

enum { LABEL_MAX = 256 };

int
label_line(struct label *l, const char *line, size_t n)
{
	char out[LABEL_MAX + 4 * sizeof(l->line) + 1];
	size_t len = strlen(l->text), used;

	if (len > LABEL_MAX)
		len = LABEL_MAX;
	if (n > sizeof(l->line))
		n = sizeof(l->line);
	if (n >= len && memcmp(line, l->text, len) == 0)
		len = 0;
	memcpy(out, l->text, len);
	(void)visible_text(out + len, &used, (const unsigned char *)line, n,
	    true);
	len += used;
	out[len++] = '\n';
	return fd_write_all(l->to, out, len);
}

int
label_end(struct label *l)
{
	size_t n = l->have;

	l->have = 0;
	return n > 0 ? label_line(l, (char *)l->line, n) : 0;
}

/* print_lines - all that have ended */
static int
print_lines(struct label *l)
{
	unsigned char *start = l->line, *end = l->line + l->have, *newline;

	while ((newline = memchr(start, '\n', (size_t)(end - start)))) {
		if (label_line(l, (char *)start, (size_t)(newline - start)) < 0)
			return -1;
		start = newline + 1;
	}
	l->have = (size_t)(end - start);
	memmove(l->line, start, l->have);
	return 0;
}

int
label_copy(struct label *l)
{
	ssize_t n;

	do
		n = read(l->from, l->line + l->have, sizeof(l->line) - l->have);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	l->have += (size_t)n;
	if (print_lines(l) < 0)
		return -1;
	if (l->have == sizeof(l->line) && label_end(l) < 0)
		return -1;
	return 1;
}
