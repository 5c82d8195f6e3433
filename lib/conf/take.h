/* SPDX-License-Identifier: MIT */
#ifndef CONF_TAKE_H
#define CONF_TAKE_H

#include "conf/job.h"
#include "conf/settings.h"

/*
 * take_harmless - add changes to a command line: the settings of the file job->take
 *
 * Only those that give a container nothing of the host, whoever wrote them.  A key that
 * the command line changes, or that each host sets anew, such as an address, is left out;
 * of others that are, the names are reported.  Returns 0, or -1 with errno: EINVAL (the
 * file has errors, which are reported), or that of envfile_read.
 */
int take_harmless(struct cli_job *job, const struct settings_errors *errors);

#endif
