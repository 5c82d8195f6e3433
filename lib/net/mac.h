/* SPDX-License-Identifier: MIT */
#ifndef NET_MAC_H
#define NET_MAC_H

#include <stdint.h>

/* The host's end of a pair, the container's end, or a macvlan. */
enum mac_end { MAC_HOST, MAC_INNER, MAC_CHILD };

/*
 * mac_derive - derive the stable MAC address of a link of a container
 *
 * It is the same after a restart, and differs between hosts, containers and
 * links.  name is that of the container, link that of the interface.  The
 * address is locally administered.  A bridge uses the lowest address of its
 * ports, so that for MAC_HOST begins with fe, to be rarely the lowest.
 * Returns 0, or -1 if the host has no id.
 * Source: machine-id(5), random(4).
 */
int mac_derive(enum mac_end end, const char *name, const char *link,
    uint8_t mac[6]);

/* mac_inner - mac_derive for the container's end of a pair */
int mac_inner(const char *name, const char *link, uint8_t mac[6]);

#endif
