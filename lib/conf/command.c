/* SPDX-License-Identifier: MIT */
/* command.c - a command line with words of a container in it */
#include "conf/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/args.h"

/* add_words - returns how many */
static size_t
add_words(char **to, char *words, size_t size)
{
	size_t n = 0;

	for (size_t at = 0; at < size; at += strlen(words + at) + 1)
		to[n++] = words + at;
	return n;
}

/* fill - the words have size bytes; each ends with a zero byte */
static char **
fill(char **command, char *words, size_t size)
{
	size_t arguments = 0, n = 0;
	bool placed = false;
	char **argv;

	while (command[arguments])
		arguments++;
	/* No word is shorter than a byte. */
	argv = calloc(arguments + size + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	for (size_t i = 0; i < arguments; i++) {
		/* The first is the program. */
		bool here = i > 0 && !placed && !strcmp(command[i], "{}");

		if (here)
			n += add_words(argv + n, words, size);
		else
			argv[n++] = command[i];
		placed = placed || here;
	}
	if (!placed)
		(void)add_words(argv + n, words, size);
	return argv;
}

char **
command_make(const struct settings *s, const struct cli_job *job)
{
	char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);

	if (!out)
		return NULL;
	args_print(s, job, '\0', out);
	if (fclose(out) != 0)
		return NULL;
	return fill(job->arg, words, size);
}
