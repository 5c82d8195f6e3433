/* SPDX-License-Identifier: MIT */
#ifndef NET_FLOW_H
#define NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/port.h"

struct flow_address {
	int family;		/* AF_INET or AF_INET6 */
	unsigned char byte[16];	/* in network order; the rest is zero */
};

/* The flows to forget: those to one of the ports or with one of the addresses. */
struct flow_wanted {
	const struct port *port;
	size_t ports;
	struct flow_address *address;	/* flow_forget sorts them */
	size_t addresses;
	/* Only flows that no NAT changed, and of an address, that it opened. */
	bool plain;
};

/*
 * flow_forget - delete connection tracking entries
 *
 * The kernel applies NAT to the first packet of a flow only, and an answer is what
 * it took for one.  Without the entry, the next packet is a first one.
 *
 * A flow is to a port if that is its original destination, at the port's address, or
 * else at any address of the host.  It has an address if one of its ends is that,
 * before or after NAT.  With plain, it must have begun there: in the other
 * direction, each packet is checked, and its next packet could be the answer, which
 * would turn it round.
 *
 * One dump is enough for any number of addresses.  Returns 0, or -1 with errno.
 * Source: nfnetlink_conntrack.h and ctnetlink_dump_table of the kernel.
 */
int flow_forget(const struct flow_wanted *wanted);

#endif
