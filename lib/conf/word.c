/* SPDX-License-Identifier: MIT */
/* word.c - the words of a value that is a list */
#include "conf/word.h"

#include <errno.h>
#include <string.h>

int
word_next(const char **rest, char word[WORD_SIZE])
{
	const char *s = *rest + strspn(*rest, " \t");
	bool quoted = false, any = *s != '\0';
	size_t n = 0;

	for (; *s && (quoted || !strchr(" \t", *s)); s++) {
		if (*s == '\'') {
			quoted = !quoted;
			continue;
		}
		if (n == WORD_SIZE - 1) {
			errno = ENAMETOOLONG;
			return -1;
		}
		word[n++] = *s;
	}
	word[n] = '\0';
	*rest = s;
	if (!quoted)
		return any;
	errno = EINVAL;
	return -1;
}

int
word_item(const char **rest, char word[WORD_SIZE])
{
	const char *s = *rest + strspn(*rest, " \t,");
	size_t n = strcspn(s, " \t,");

	if (n >= WORD_SIZE) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(word, s, n);
	word[n] = '\0';
	*rest = s + n;
	return n > 0;
}

bool
word_in(const char *text, size_t n, const char *list)
{
	for (; *list; list += strspn(list, " ")) {
		size_t len = strcspn(list, " ");

		if (len == n && !memcmp(list, text, n))
			return true;
		list += len;
	}
	return false;
}
