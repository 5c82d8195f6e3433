/* SPDX-License-Identifier: MIT */
#ifndef CONF_VALUES_H
#define CONF_VALUES_H

#include <stdio.h>

#include "conf/settings.h"

/*
 * values_print_all - print all that is set, in the form of a file of settings
 *
 * null: each ended by a zero byte, and without quotes.
 */
void values_print_all(const struct settings *s, bool null, FILE *out);

/*
 * values_print - print the values of n keys, each in a line
 *
 * Of several keys, one without a value is an empty line.  Returns whether the
 * last has a value.
 */
bool values_print(const struct settings *s, char *const key[], int n,
    bool null, FILE *out);

#endif
