/* SPDX-License-Identifier: MIT */
#ifndef CONF_DEVICE_H
#define CONF_DEVICE_H

#include <stddef.h>

/*
 * device_node - read NODE[:MODE], a device that the container may use
 *
 * NODE is a path below /dev, char-NAME or block-NAME, and may hold colons; MODE is
 * some of r, w and m.  Returns the length of NODE, or 0: it is invalid.  *mode gets
 * the letters behind it, within word, or "rwm".
 * Source: DeviceAllow= in systemd.resource-control(5).
 */
size_t device_node(const char *word, const char **mode);

#endif
