/* SPDX-License-Identifier: MIT */
/* words.c - split a line into words, like a shell without expansions */
#include "net/words.h"

#include <stdbool.h>
#include <stddef.h>

static bool
is_blank_char(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* end_word - unquote and end the word at *from, and skip it; -1: open quote */
static int
end_word(char **from)
{
	char *to = *from, *s = *from, quote = '\0';

	for (; *s && (quote || !is_blank_char(*s)); s++)
		if (*s == quote)
			quote = '\0';
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else
			*to++ = *s;
	/* Step over the blank, before to, which may point to it, is ended. */
	*from = *s ? s + 1 : s;
	*to = '\0';
	return quote ? -1 : 0;
}

int
words_split(char *line, char *word[], int max, struct errmsg *why)
{
	int n = 0;

	for (;;) {
		while (is_blank_char(*line))
			line++;
		if (!*line || *line == '#')
			break;
		if (n == max)
			return errmsg_set(why, "more than %d words", max);
		word[n++] = line;
		if (end_word(&line) < 0)
			return errmsg_set(why, "unterminated quote");
	}
	word[n] = NULL;
	return n;
}
