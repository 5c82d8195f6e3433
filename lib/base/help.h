/* SPDX-License-Identifier: MIT */
#ifndef BASE_HELP_H
#define BASE_HELP_H

#include <stdio.h>

#include "base/cli.h"

/* help_write - write usage and help of a verb, or of all if it is NULL */
void help_write(const struct cli *cli, const struct cli_verb *verb, FILE *out);

#endif
