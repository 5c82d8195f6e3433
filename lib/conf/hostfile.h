/* SPDX-License-Identifier: MIT */
#ifndef CONF_HOSTFILE_H
#define CONF_HOSTFILE_H

#include "conf/pool.h"
#include "conf/settings.h"

/* The settings of the host, as nixos-container.conf(5) describes them. */
struct hostfile {
	struct ip pool[POOLS];	/* ADDRESS_POOL; family 0: not given */
};

/*
 * hostfile_read - read the settings of the host from the file at this path
 *
 * A missing file has no settings.  Each error is reported.  Returns 0, or -1 with
 * errno EINVAL (the file has errors) or that of envfile_read.
 */
int hostfile_read(struct hostfile *host, const char *path,
    const struct settings_errors *errors);

#endif
