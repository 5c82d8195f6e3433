/* SPDX-License-Identifier: MIT */
/* subid.c - the user IDs that the host's users may give away */
#include "conf/subid.h"

#include <string.h>

#include "base/num.h"

enum { DIGITS = 19 };	/* of a number that shadow-utils can read, about */

bool
subid_overlap(const struct subid_range *a, const struct subid_range *b)
{
	return a->first < b->end && b->first < a->end;
}

/* read_number - returns SUBID_END for all above it, and -1 for what is none */
static int64_t
read_number(const char *text)
{
	size_t n = strspn(text, "0123456789");
	long long number;

	if (n == 0 || n > DIGITS || text[n])
		return -1;
	number = num_read(text, (long long)SUBID_END);
	if (number < 0)
		return (int64_t)SUBID_END;
	return number;
}

/* parse - OWNER:FIRST:COUNT, without the end of the line */
static bool
parse(char *line, struct subid *id)
{
	char *first = strchr(line, ':'), *count;
	int64_t from, n;

	if (!first || first == line)
		return false;
	*first++ = '\0';
	count = strchr(first, ':');
	if (!count)
		return false;
	*count++ = '\0';
	from = read_number(first);
	n = read_number(count);
	if (from < 0 || n <= 0 || from >= (int64_t)SUBID_END)
		return false;
	id->range.first = (uint64_t)from;
	id->range.end = (uint64_t)from + (uint64_t)n;
	if (id->range.end > SUBID_END)
		id->range.end = SUBID_END;
	snprintf(id->owner, sizeof(id->owner), "%.63s", line);
	return true;
}

/* read_line - false: end of file; a line that is too long becomes "" */
static bool
read_line(FILE *f, char *line, int size)
{
	size_t n;
	int c;

	if (!fgets(line, size, f))
		return false;
	n = strlen(line);
	if (n > 0 && line[n - 1] == '\n') {
		line[n - 1] = '\0';
		return true;
	}
	if (feof(f))
		return true;
	*line = '\0';
	do
		c = getc(f);
	while (c != EOF && c != '\n');
	return true;
}

bool
subid_next(FILE *f, struct subid *id)
{
	char line[1024];

	while (read_line(f, line, sizeof(line)))
		if (parse(line, id))
			return true;
	return false;
}
