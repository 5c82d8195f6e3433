/* SPDX-License-Identifier: MIT */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdbool.h>

#include "net/address.h"
#include "net/nl.h"

/*
 * The mark of our addresses and routes: their protocol ("proto" in ip-route(8)
 * and, since Linux 5.18, ip-address(8)).
 */
enum { ROUTE_PROTO = 110 };

/* A route through a link. */
struct route {
	struct address dst;	/* prefix 0: the default route of the family */
	struct address via;	/* family 0: dst is directly on the link */
};

/*
 * route_addr_new - add an address to a link; route_addr_del - remove it
 *
 * IPv6 addresses skip duplicate address detection.  EEXIST: the link has the
 * address already.  EADDRNOTAVAIL: the link does not have it.
 */
void route_addr_new(struct nl *nl, int index, const struct address *addr);
void route_addr_del(struct nl *nl, int index, const struct address *addr);

/* route_addr_del_any - remove one IPv4 address; EADDRNOTAVAIL: no address */
void route_addr_del_any(struct nl *nl, int index);

/*
 * route_addr_dump - request the addresses of a link
 *
 * Pass each answer to route_addr_read.  It returns true for a lasting address
 * of that link: not link-local, without a lifetime.  *ours: it has our mark.
 */
void route_addr_dump(struct nl *nl, int index);
bool route_addr_read(const struct nlmsghdr *answer, int index,
    struct address *addr, bool *ours);

/* route_addr_of - the address in an answer, or in a message of route_addr_new */
bool route_addr_of(const struct nlmsghdr *message, struct address *addr);

/*
 * route_new - add a route through a link; route_del - remove one of ours
 *
 * replace: replace a route with the same destination; else EEXIST.
 * ESRCH: no such route.
 */
void route_new(struct nl *nl, int index, const struct route *route,
    bool replace);
void route_del(struct nl *nl, int index, const struct route *route);

/*
 * route_dump - request the routes of one family through a link; ours: only our own
 *
 * Pass each answer to route_read, which returns true if it is one of them.  It
 * reads messages of route_new and route_del, too.
 */
void route_dump(struct nl *nl, int family, int index, bool ours);
bool route_read(const struct nlmsghdr *answer, int index,
    struct route *route, bool ours);

/*
 * route_get - request the route to an address
 *
 * route_oif returns the index of its link, or 0 if it is not in the main table;
 * of a message of route_new and route_del, too.
 */
void route_get(struct nl *nl, const struct address *addr);
int route_oif(const struct nlmsghdr *answer);

#endif
