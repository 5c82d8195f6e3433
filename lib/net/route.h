/* SPDX-License-Identifier: MIT */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdbool.h>

#include "net/address.h"
#include "net/nl.h"

/*
 * The mark of an address or route that is ours: its protocol ("proto" in
 * ip-route(8) and, since Linux 5.18, ip-address(8)).
 */
enum { RTADDR_PROTO = 110 };

/* A route through a link. */
struct route {
	struct address dst;	/* prefix 0: the default route of the family */
	struct address via;	/* family 0: dst is on the link itself */
};

/*
 * route_addr_new - give an address to a link; route_addr_del - take it away
 *
 * IPv6: without waiting for duplicate address detection.  EEXIST: the link
 * has the address.  EADDRNOTAVAIL: it has not.
 */
void route_addr_new(struct nl *nl, int index, const struct address *addr);
void route_addr_del(struct nl *nl, int index, const struct address *addr);

/*
 * route_addr_del_any - take some IPv4 address away; EADDRNOTAVAIL: it has none
 */
void route_addr_del_any(struct nl *nl, int index);

/*
 * route_addr_dump - ask for the addresses of a link
 *
 * Each answer is for route_addr_read, which returns whether it is an address of
 * that link which stays (no link-local one, none with a lifetime); *ours is
 * whether it carries our mark.
 */
void route_addr_dump(struct nl *nl, int index);
bool route_addr_read(const struct nlmsghdr *answer, int index, struct address *addr,
    bool *ours);

/*
 * route_new - set a route through a link; route_del - remove ours
 *
 * replace: take the place of one with the same destination, else EEXIST.
 * ESRCH: there is no such route.
 */
void route_new(struct nl *nl, int index, const struct route *route,
    bool replace);
void route_del(struct nl *nl, int index, const struct route *route);

/*
 * route_dump - ask for our routes of one family through a link
 *
 * Each answer is for route_read, which returns whether it is one.
 */
void route_dump(struct nl *nl, int family, int index);
bool route_read(const struct nlmsghdr *answer, int index,
    struct route *route);

/*
 * route_get - ask which route of the main table leads to an address
 *
 * route_oif tells the index of its link, 0 where it is not in that table.
 */
void route_get(struct nl *nl, const struct address *addr);
int route_oif(const struct nlmsghdr *answer);

#endif
