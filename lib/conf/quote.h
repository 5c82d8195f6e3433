/* SPDX-License-Identifier: MIT */
#ifndef CONF_QUOTE_H
#define CONF_QUOTE_H

#include <stddef.h>

/*
 * quote_value - write a value in the form of a settings file
 *
 * Without quotes if that is safe, else in double quotes with backslashes, so that
 * envfile_next and systemd read the same value.  The value has no control
 * characters except tabs.  buf has space for 2 * strlen(value) + 3 bytes.
 * Returns the length.
 */
size_t quote_value(const char *value, char *buf);

#endif
