/* SPDX-License-Identifier: MIT */
#ifndef CONF_RESERVED_H
#define CONF_RESERVED_H

#include "conf/pool.h"
#include "conf/settings.h"

/*
 * reserved_read - take the addresses of all containers' settings
 *
 * conf_dir has the files NAME.conf and, of containers that are being created,
 * .NAME.pending.  In a file with errors each address counts, outside comments.
 * A file that cannot be read is reported.  Returns 0, also if conf_dir is
 * missing, or -1 with errno.
 */
int reserved_read(struct pool pool[POOLS], const char *conf_dir,
    const struct settings_errors *errors);

#endif
