/* SPDX-License-Identifier: MIT */
#ifndef CONF_VALUES_H
#define CONF_VALUES_H

#include <stdio.h>

#include "conf/settings.h"

/*
 * values_print_all - print all settings in the form of a settings file
 *
 * null: end each with a zero byte, and omit quotes.
 */
void values_print_all(const struct settings *s, bool null, FILE *out);

/*
 * values_print - print the values of n keys, each in a line
 *
 * With several keys, one without a value is an empty line.  Returns whether the
 * last one has a value.
 */
bool values_print(const struct settings *s, char *const key[], int n,
    bool null, FILE *out);

#endif
