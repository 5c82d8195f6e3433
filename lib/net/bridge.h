/* SPDX-License-Identifier: MIT */
#ifndef NET_BRIDGE_H
#define NET_BRIDGE_H

#include "net/nl.h"
#include "net/veth.h"

/*
 * bridge_complete - take what a pair leaves open from the addresses of its bridge
 *
 * An address of the container's end that is a single host gets the prefix length of
 * the first address of the bridge in whose network it is.  That one becomes the
 * gateway of its family, if the pair has default routes and no other gateway.  A
 * network that is given stays as it is, and needs nothing of the bridge: the gateway
 * of a LAN is rarely this host.  bridge is its index.  Returns 0, or -1 with the errno
 * of nl_run.
 */
int bridge_complete(struct nl *host, int bridge, struct veth_wanted *want);

#endif
