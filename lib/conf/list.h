/* SPDX-License-Identifier: MIT */
#ifndef CONF_LIST_H
#define CONF_LIST_H

#include <stdio.h>

#include "base/errmsg.h"
#include "conf/job.h"
#include "conf/names.h"

/*
 * list_print - print the containers that a command line asks for
 *
 * With job->name, describe that container.  Else list the containers of job->arg,
 * or all, sorted by name: only the names, without reading files, unless job has
 * another form; with job->full, describe each.  It needs only 200 bytes of memory for each container.  Returns 0,
 * or -1 and why: a container has no settings, or a directory cannot be read.  A
 * missing directory of settings counts as empty.
 */
int list_print(const struct cli_job *job, FILE *to, struct errmsg *why);

/*
 * list_names - the containers of job->arg, or all, sorted by name
 *
 * dir is the directory of settings, or -1 if it is missing.  names is zeroed.
 * Returns 0, or -1 and why, as above; names_free frees them.
 */
int list_names(const struct cli_job *job, int dir, struct names *names,
    struct errmsg *why);

#endif
