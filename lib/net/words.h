/* SPDX-License-Identifier: MIT */
#ifndef NET_WORDS_H
#define NET_WORDS_H

#include "base/errmsg.h"

/*
 * words_split - cut a line into words, in place
 *
 * Blanks separate them; what stands in single or double quotes is taken as it
 * is; "#" at the beginning of a word ends the line.  Nothing is expanded, and
 * no character escapes another.  word has room for max pointers into line and
 * a NULL behind them.  Returns how many there are, or -1 with why.
 */
int words_split(char *line, char *word[], int max, struct errmsg *why);

#endif
