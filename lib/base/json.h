/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdio.h>

/*
 * json_text - print a string in quotes, or null for NULL
 *
 * Control characters are escaped.  A byte that is not UTF-8 becomes U+FFFD.
 */
void json_text(FILE *to, const char *text);

#endif
