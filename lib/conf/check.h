/* SPDX-License-Identifier: MIT */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/settings.h"

/*
 * check_settings - do the settings of a container fit together?
 *
 * s was read by settings_read without an error.  Only s is checked, not the
 * host.  name is the container's, or NULL.  Each error is
 * reported in the line of its key.  Returns 0, or -1 with errno EINVAL.
 */
int check_settings(const struct settings *s, const char *name,
    const char *shown, const struct settings_errors *errors);

#endif
