/* SPDX-License-Identifier: MIT */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stdio.h>

#include "conf/view.h"

/*
 * schema_write - a container as an object of JSON, in one line without an end
 *
 * ctr-conf(8) has its members.  What is not set is null, false or [].
 */
void schema_write(FILE *to, const struct view *v);

#endif
