/* SPDX-License-Identifier: MIT */
#ifndef NET_MAC_H
#define NET_MAC_H

#include <stdint.h>

/* The host's end of a pair, the container's, or a link on top of another. */
enum mac_end { MAC_HOST, MAC_INNER, MAC_CHILD };

/*
 * mac_derive - the MAC address that a link of a container always has
 *
 * It is the same after a restart, and another on other hosts, for other
 * containers and for other links.  name is the container's, link that of the
 * interface.  It is locally administered.
 * A bridge takes the lowest address among those of its ports for its own: one
 * for MAC_HOST begins with fe, so that it is rarely the lowest.
 * Returns 0, or -1 where the host has no id of its own.
 * Source: machine-id(5), random(4).
 */
int mac_derive(enum mac_end end, const char *name, const char *link,
    uint8_t mac[6]);

#endif
