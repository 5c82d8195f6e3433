/* SPDX-License-Identifier: MIT */
#ifndef CONF_WORD_H
#define CONF_WORD_H

#include <stdbool.h>
#include <stddef.h>

enum { WORD_SIZE = 8448 };	/* two paths, a colon and options */

/*
 * word_next - copy the next word of a list
 *
 * *rest is the rest of the value, and moves on.  Blanks separate words, single
 * quotes hold them together; no character escapes another.  Returns 1, 0 at the
 * end, or -1 with errno EINVAL (a quote is not closed) or ENAMETOOLONG.
 */
int word_next(const char **rest, char word[WORD_SIZE]);

/* word_item - the same, but commas separate, too, and quotes are plain */
int word_item(const char **rest, char word[WORD_SIZE]);

/* word_in - are the n bytes at text one of a list, with a blank between its words? */
bool word_in(const char *text, size_t n, const char *list);

#endif
