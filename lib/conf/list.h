/* SPDX-License-Identifier: MIT */
#ifndef CONF_LIST_H
#define CONF_LIST_H

#include <stdio.h>

#include "base/errmsg.h"
#include "conf/job.h"

/*
 * list_print - print the containers that a command line asks for
 *
 * With job->name, describe that container.  Else list the containers of job->arg,
 * or all, sorted by name: only the names, without reading files, unless job has
 * another form.  It needs only 200 bytes of memory for each container.  Returns 0,
 * or -1 and why: a container has no settings, or a directory cannot be read.  A
 * missing directory of settings counts as empty.
 */
int list_print(const struct cli_job *job, FILE *to, struct errmsg *why);

#endif
