/* SPDX-License-Identifier: MIT */
#ifndef CONF_RULES_H
#define CONF_RULES_H

#include <net/if.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/settings.h"

/* What the settings do not say about the links of a container. */
struct rules_links {
	const char *name;	/* of the container */
	const char *ifname;	/* the host's end of its own pair */
	/*
	 * mac - the MAC address that an interface of the container gets on a
	 * bridge if the settings give none; -1: unknown
	 */
	int (*mac)(const char *name, const char *interface, uint8_t mac[6]);
	/* link - the host's end of the own pair of another container */
	void (*link)(const char *name, char ifname[IFNAMSIZ]);
};

/*
 * rules_print - write the elements that a container has in the nftables tables
 *
 * A line each, the name of a set or map and the element in the form of nft(8).
 * Table inet: its links that are routed (links, routed) and on a bridge
 * (bridged), its addresses (nat4, nat6), and with the interface that its packets come
 * from (via4, via6), its ports (forward4, forward6; _range: intervals; _at: of an
 * address, _by: of an interface), and the address that they lead to with its
 * interface twice (hairpin4, hairpin6).  A port is forwarded to the first
 * address of each family.  Who reaches its links that are routed is as allow_print
 * writes it; an address that it has on a bridge is in near4 or near6.  Table bridge: its links on a bridge (port), each
 * with its MAC address (portmac), and if the settings give addresses (portfix4,
 * portfix6), these (portip4, portip6), the latter as a number, too (portnd6).
 *
 * Three more kinds of lines are no elements: "claim PROTOCOL:[ADDRESS:]PORT[-LAST]"
 * is a port of the host that belongs to the container, "local ID ADDRESS:PORT
 * LISTEN..." one that a program of the host serves (the last part of its unit's
 * name, the end in the container as systemd-socket-proxyd(8) takes it, and the
 * sockets on loopback), and "address ADDRESS" an address of the container, whose
 * flows are forgotten as ctr-conf flush does.
 *
 * s has passed check_settings.
 * Source: share/nft.
 */
void rules_print(const struct settings *s, const struct rules_links *links,
    FILE *out);

#endif
