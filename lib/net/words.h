/* SPDX-License-Identifier: MIT */
#ifndef NET_WORDS_H
#define NET_WORDS_H

#include "base/errmsg.h"

/*
 * words_split - split a line into words, in place
 *
 * Words are separated by blanks; text in single or double quotes is literal;
 * "#" at the beginning of a word starts a comment.  There are no expansions and
 * no escapes.  word has room for max pointers into line and a final NULL.
 * Returns the number of words, or -1 with why.
 */
int words_split(char *line, char *word[], int max, struct errmsg *why);

#endif
