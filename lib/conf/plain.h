/* SPDX-License-Identifier: MIT */
#ifndef CONF_PLAIN_H
#define CONF_PLAIN_H

#include <stdio.h>

#include "conf/view.h"

/*
 * Containers as text for people.  Control characters are escaped, as by
 * visible_line.
 */

/* plain_head - the heading of a table whose longest name has wide bytes */
void plain_head(FILE *to, int wide);

/* plain_row - the row of a container in that table */
void plain_row(FILE *to, int wide, const struct view *v);

/* plain_all - describe one container; unset settings have no line */
void plain_all(FILE *to, const struct view *v);

#endif
