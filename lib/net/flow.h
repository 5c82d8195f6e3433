/* SPDX-License-Identifier: MIT */
#ifndef NET_FLOW_H
#define NET_FLOW_H

#include <stddef.h>

#include "base/port.h"

/*
 * flow_forget - delete the connection tracking entries of ports of the host
 *
 * The kernel applies NAT to the first packet of a flow only.  Without its entry,
 * the next packet is a first one.  Deleted are the entries whose original
 * destination is one of these ports, at its address, or else at any address of
 * the host.  Returns 0, or -1 with errno.
 * Source: nfnetlink_conntrack.h and ctnetlink_dump_table of the kernel.
 */
int flow_forget(const struct port *ports, size_t n);

#endif
