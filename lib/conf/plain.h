/* SPDX-License-Identifier: MIT */
#ifndef CONF_PLAIN_H
#define CONF_PLAIN_H

#include <stdio.h>

#include "conf/view.h"

/*
 * Containers as text for people.  What a terminal would obey is escaped, as
 * visible_line does it.
 */

/* plain_head - the heading of a table whose longest name has wide bytes */
void plain_head(FILE *to, int wide);

/* plain_row - the row of a container in that table */
void plain_row(FILE *to, int wide, const struct view *v);

/* plain_all - all of one container, a line each; what it has not has none */
void plain_all(FILE *to, const struct view *v);

#endif
