/* SPDX-License-Identifier: MIT */
#ifndef CONF_DROPIN_H
#define CONF_DROPIN_H

#include <stdio.h>

#include "conf/settings.h"

/*
 * dropin_print - write the drop-in file of container@NAME
 *
 * The sections [Unit] and [Service] with order, interfaces, name servers, mounts,
 * devices, limits and the start timeout; nothing if none of them is set.
 * Source: systemd.unit(5), systemd.resource-control(5).
 */
void dropin_print(const struct settings *s, const char *name, FILE *out);

#endif
