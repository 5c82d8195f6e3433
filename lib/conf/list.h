/* SPDX-License-Identifier: MIT */
#ifndef CONF_LIST_H
#define CONF_LIST_H

#include <stdio.h>

#include "base/errmsg.h"
#include "conf/job.h"

/*
 * list_print - print what a command line asks for
 *
 * With job->name it is all of that container, else the containers of job->arg,
 * or all, sorted by name; of these the names alone, unless job has a form:
 * nothing else is read then.  Memory does not grow with the number of
 * containers, but for 200 bytes each.  Returns 0, or -1 and why: one has no
 * settings, or a directory cannot be read.  A directory of settings that is
 * missing has none.
 */
int list_print(const struct cli_job *job, FILE *to, struct errmsg *why);

#endif
