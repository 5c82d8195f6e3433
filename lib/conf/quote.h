/* SPDX-License-Identifier: MIT */
#ifndef CONF_QUOTE_H
#define CONF_QUOTE_H

#include <stddef.h>

/*
 * quote_value - write a value as it stands in a file of settings
 *
 * Without quotes where that is safe, else in double quotes with backslashes, so
 * that envfile_next and systemd read the same value.  It has no control
 * characters but tabs.  buf has room for 2 * strlen(value) + 3 bytes.  Returns
 * the length.
 */
size_t quote_value(const char *value, char *buf);

#endif
