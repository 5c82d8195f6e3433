/* SPDX-License-Identifier: MIT */
#ifndef NET_PLAN_H
#define NET_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/ifname.h"
#include "net/nl.h"
#include "net/route.h"
#include "net/link.h"
#include "base/errmsg.h"

enum {
	PLAN_ASK = 16,		/* addresses that one side can be asked to have */
	PLAN_ADDRS = 32,	/* addresses that one side can be found with */
};

/* The addresses of one side. */
struct plan_side {
	int n;
	struct address addr[PLAN_ADDRS];
};

/*
 * What the two ends of a pair are set to.  The routes follow from it: either
 * side has a route to each address of the other that no network of its own
 * covers, and the container the default routes.
 */
struct plan {
	struct plan_side host, local;
	struct address via[2];	/* default gateways, IPv4 and IPv6 */
	int master;		/* index of the bridge of the host's end, or 0 */
	uint32_t mtu;		/* of both ends; 0: as it is */
	bool has_mac;
	uint8_t mac[6];		/* of the container's end */
	bool host_up, local_up;	/* and there is no more to be set */
};

/* A pair that is there. */
struct plan_pair {
	struct nl *host, *inner;	/* sockets in either namespace */
	int index, peer;		/* of the host's end, the container's */
	const char *name, *peer_name;	/* for messages */
};

/* plan_via - the place of a family in struct plan's via */
int plan_via(int family);

/*
 * plan_read - what a pair is set to, as far as that is our doing
 *
 * host is what the kernel said of that link; inner is filled in.
 * Addresses and routes that carry no mark of ours are somebody else's.
 * Returns 0, or -1 with errno and why.
 */
int plan_read(const struct plan_pair *pair, const struct link *host,
    struct link *inner, struct plan *plan, struct errmsg *why);

/*
 * plan_set - bring both ends (and lo) up and set them to want
 *
 * old is NULL for a pair just made, else what plan_read gave: what is there
 * stays, what want lacks goes.  On failure what was changed is changed back,
 * or for a pair just made left for its removal.  Returns 0, or -1 with errno
 * and why.
 */
int plan_set(const struct plan_pair *pair, const struct plan *old,
    const struct plan *want, struct errmsg *why);

/*
 * plan_addrs - all the lasting addresses of a link, or those that are ours
 *
 * link is filled in with what the kernel says of that itself, if not NULL.
 * Returns 0, or -1 with the errno of nl_run.
 */
int plan_addrs(struct nl *nl, int index, struct link *link,
    struct plan_side *side, bool ours);

#endif
