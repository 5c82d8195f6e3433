/* SPDX-License-Identifier: MIT */
/* ruleset.c - elements of nftables as commands for nft */
#define _GNU_SOURCE
#include "conf/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The lines that were written. */
struct lines {
	char **line;	/* n of them; owned, as are the lines */
	size_t n;
};

static bool
has_line(const struct lines *l, const char *line)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->line[i], line))
			return true;
	return false;
}

static int
add_line(struct lines *l, const char *line)
{
	char **more = reallocarray(l->line, l->n + 1, sizeof(*more));

	if (!more)
		return -1;
	l->line = more;
	more[l->n] = strdup(line);
	if (!more[l->n])
		return -1;
	l->n++;
	return 0;
}

static void
free_lines(struct lines *l)
{
	while (l->n > 0)
		free(l->line[--l->n]);
	free(l->line);
}

bool
ruleset_is_element(const char *line)
{
	static const char *const others[] = { "local ", "claim ", "address " };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strncmp(line, others[i], strlen(others[i])))
			return false;
	return strchr(line, ' ');
}

static void
put_command(const char *verb, const char *line, FILE *out)
{
	int set = (int)strcspn(line, " ");
	const char *table = "inet";

	if (!strncmp(line, "port", 4))
		table = "bridge";
	fprintf(out, "%s element %s nixos-container %.*s { %s }\n", verb, table,
	    set, line, line + set + 1);
}

/* put_line - returns 0, or -1 with errno */
static int
put_line(struct lines *seen, const char *line, bool unload, FILE *out)
{
	if (!ruleset_is_element(line) || (unload && has_line(seen, line)))
		return 0;
	put_command("add", line, out);
	if (!unload)
		return 0;
	put_command("delete", line, out);
	return add_line(seen, line);
}

int
ruleset_commands(FILE *in, bool unload, FILE *out)
{
	struct lines seen = { NULL, 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int r = 0, e;

	errno = 0;
	while (r == 0 && (n = getline(&line, &size, in)) > 0) {
		if (line[n - 1] != '\n')
			break;
		line[n - 1] = '\0';
		r = put_line(&seen, line, unload, out);
	}
	if (ferror(in))
		r = -1;
	e = errno;
	free_lines(&seen);
	free(line);
	errno = e;
	return r;
}
