/* SPDX-License-Identifier: MIT */
#ifndef CONF_KEYLIST_H
#define CONF_KEYLIST_H

#include <stdio.h>

/*
 * keylist_print - write a line for each key that a settings file can have
 *
 * Key, type, default or "-", and text, separated by tabs.
 */
void keylist_print(FILE *out);

/* keylist_json - write all of key_info as an array of objects */
void keylist_json(FILE *out);

/*
 * keylist_complete - print what may stand for a word KEY=VALUE that is not complete
 *
 * A line each: "KEY=", a tab and its meaning; or, if word has a "=", the settings with
 * the values of its key, if these are few.
 */
void keylist_complete(const char *word, FILE *out);

#endif
