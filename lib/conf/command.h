/* SPDX-License-Identifier: MIT */
#ifndef CONF_COMMAND_H
#define CONF_COMMAND_H

#include <stddef.h>

/*
 * command_fill - a command line with words in place of its argument "{}"
 *
 * words has size bytes, and each word ends with a zero byte; the result points
 * into it and into command, which ends with NULL.  Without "{}" the words come
 * last.  Returns an array that the caller frees, or NULL with errno ENOMEM.
 */
char **command_fill(char **command, char *words, size_t size);

#endif
