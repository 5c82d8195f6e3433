/* SPDX-License-Identifier: MIT */
#ifndef RTADDR_H
#define RTADDR_H

#include <stdbool.h>

#include "addr.h"
#include "nl.h"

/*
 * The mark of an address or route that is ours: its protocol ("proto" in
 * ip-route(8) and, since Linux 5.18, ip-address(8)).
 */
enum { RTADDR_PROTO = 110 };

/* A route through a link. */
struct route {
	struct addr dst;	/* prefix 0: the default route of the family */
	struct addr via;	/* family 0: dst is on the link itself */
};

/*
 * rtaddr_new - give an address to a link; rtaddr_del - take it away
 *
 * IPv6: without waiting for duplicate address detection.  EEXIST: the link
 * has the address.  EADDRNOTAVAIL: it has not.
 */
void rtaddr_new(struct nl *nl, int index, const struct addr *addr);
void rtaddr_del(struct nl *nl, int index, const struct addr *addr);

/*
 * rtaddr_del_any - take some IPv4 address away; EADDRNOTAVAIL: it has none
 */
void rtaddr_del_any(struct nl *nl, int index);

/*
 * rtaddr_dump - ask for the addresses of a link
 *
 * Each answer is for rtaddr_read, which returns whether it is an address of
 * that link which stays (no link-local one, none with a lifetime); *ours is
 * whether it carries our mark.
 */
void rtaddr_dump(struct nl *nl, int index);
bool rtaddr_read(const struct nlmsghdr *answer, int index, struct addr *addr,
    bool *ours);

/*
 * rtroute_new - set a route through a link; rtroute_del - remove ours
 *
 * replace: take the place of one with the same destination, else EEXIST.
 * ESRCH: there is no such route.
 */
void rtroute_new(struct nl *nl, int index, const struct route *route,
    bool replace);
void rtroute_del(struct nl *nl, int index, const struct route *route);

/*
 * rtroute_dump - ask for our routes of one family through a link
 *
 * Each answer is for rtroute_read, which returns whether it is one.
 */
void rtroute_dump(struct nl *nl, int family, int index);
bool rtroute_read(const struct nlmsghdr *answer, int index,
    struct route *route);

/*
 * rtroute_get - ask which route of the main table leads to an address
 *
 * rtroute_oif tells the index of its link, 0 where it is not in that table.
 */
void rtroute_get(struct nl *nl, const struct addr *addr);
int rtroute_oif(const struct nlmsghdr *answer);

#endif
