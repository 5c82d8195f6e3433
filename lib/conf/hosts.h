/* SPDX-License-Identifier: MIT */
#ifndef CONF_HOSTS_H
#define CONF_HOSTS_H

#include <stdio.h>

#include "conf/settings.h"

/*
 * hosts_print - write a hosts(5) file with the addresses of all containers
 *
 * After two lines for localhost, "ADDRESS NAME.containers NAME" for each
 * address of a container's end.  conf_dir has the settings, s is used to read
 * into.  Wrong settings are left out, silently: they are reported to those that
 * start the container.  Returns 0, or -1 with errno if conf_dir exists but
 * cannot be read; nothing is written then.
 */
int hosts_print(struct settings *s, const char *conf_dir, FILE *out);

#endif
