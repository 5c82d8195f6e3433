/* SPDX-License-Identifier: MIT */
#ifndef CONF_EFFECT_H
#define CONF_EFFECT_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/settings.h"
#include "conf/write.h"

/*
 * effect_print - for each setting that changed, print when that is in effect
 *
 * A line is "once KEY", "network KEY" or "start KEY".  The n changes that were
 * asked for and changed nothing count for the first two, as the command that made them
 * may have been killed before it brought them into effect.  connected: the container
 * has a network of its own now.
 */
void effect_print(const struct settings *before, const struct settings *after,
    const struct change *change, int n, bool connected, FILE *out);

#endif
