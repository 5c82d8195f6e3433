/* SPDX-License-Identifier: MIT */
#ifndef CONF_JSON_H
#define CONF_JSON_H

#include <stdio.h>

/*
 * json_text - print a string in quotes, or null for NULL
 *
 * Characters that a terminal would obey are escaped.  A byte that is no UTF-8
 * becomes U+FFFD.
 */
void json_text(FILE *to, const char *text);

#endif
