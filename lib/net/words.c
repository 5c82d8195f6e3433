/* SPDX-License-Identifier: MIT */
/* words.c - cut a line of text into words, as a shell without expansions */
#include "net/words.h"

#include <stdbool.h>
#include <stddef.h>

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* one - take a word out of *from and end it; -1: a quote was not closed */
static int
one(char **from)
{
	char *to = *from, *s = *from, quote = '\0';
	bool more;

	for (; *s && (quote || !blank(*s)); s++)
		if (*s == quote)
			quote = '\0';
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else
			*to++ = *s;
	more = *s != '\0';
	*to = '\0';
	*from = s + more;
	return quote ? -1 : 0;
}

int
words_split(char *line, char *word[], int max, struct errmsg *why)
{
	int n = 0;

	for (;;) {
		while (blank(*line))
			line++;
		if (!*line || *line == '#')
			break;
		if (n == max)
			return errmsg_set(why, "more than %d words", max);
		word[n++] = line;
		if (one(&line) < 0)
			return errmsg_set(why, "a quote is not closed");
	}
	word[n] = NULL;
	return n;
}
