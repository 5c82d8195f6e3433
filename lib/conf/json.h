/* SPDX-License-Identifier: MIT */
#ifndef CONF_JSON_H
#define CONF_JSON_H

#include <stdio.h>

/* json_text - print a string of UTF-8 in quotes, or null for NULL */
void json_text(FILE *to, const char *text);

#endif
