/* SPDX-License-Identifier: MIT */
#ifndef CONF_COMMAND_H
#define CONF_COMMAND_H

#include "conf/job.h"
#include "conf/settings.h"

/*
 * command_make - the command of a command line, with what args_print writes
 *
 * Each of these words is an argument in place of the command's "{}", or behind
 * its last one.  Returns an array that ends with NULL, for exec(3): it points
 * into job and is not freed; or NULL with errno.
 */
char **command_make(const struct settings *s, const struct cli_job *job);

#endif
