/* SPDX-License-Identifier: MIT */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stdio.h>

#include "conf/view.h"

/*
 * schema_write - write a container as a JSON object, without a newline
 *
 * ctr-conf(8) describes its members.  Unset ones are null, false or [].
 */
void schema_write(FILE *to, const struct view *v);

#endif
