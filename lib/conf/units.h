/* SPDX-License-Identifier: MIT */
#ifndef CONF_UNITS_H
#define CONF_UNITS_H

#include "conf/settings.h"

/*
 * units_generate - write drop-ins for all containers beneath a directory
 *
 * conf_dir has the settings; if it is missing, nothing is written.  out_dir is
 * created if it is missing, and no link beneath it is followed.  The files are
 * container@NAME.service.d/settings.conf, and
 * multi-user.target.d/nixos-container.conf for those with AUTO_START=1.  s is
 * used to read into.  Wrong settings are reported; the valid ones of their file,
 * and other containers, still get drop-ins.  Returns 0, or
 * -1: a directory or file could not be read or written, which is reported.
 * Source: systemd.generator(7).
 */
int units_generate(struct settings *s, const char *conf_dir,
    const char *out_dir, const struct settings_errors *errors);

/*
 * units_wants - read the drop-in for those with AUTO_START=1
 *
 * dir as below.  A missing file is an empty one.  Returns a text that the caller
 * frees, or NULL with errno.
 */
char *units_wants(const char *dir);

/*
 * units_changed - do the settings of a container differ from its drop-in?
 *
 * Or does its AUTO_START from what the target wants: wants is the text of
 * units_wants.  dir is the directory of the generator, NULL for that of systemd.
 * A missing file is an empty one.  Returns 1 if systemd needs to reload, 0 if nothing
 * differs, or -1: settings are wrong or a file could not be read, which is
 * reported.
 */
int units_changed(struct settings *s, const char *conf_dir, const char *name,
    const char *dir, const char *wants, const struct settings_errors *errors);

#endif
