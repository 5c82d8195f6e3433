/* SPDX-License-Identifier: MIT */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/ifname.h"
#include "net/nl.h"

/*
 * The mark of a host interface that is ours: its group (ip-link(8)).  It is
 * part of the message that makes the link, so no link of ours was ever
 * without it.  The other says that there may be more, so that nobody looks for
 * them in vain.
 */
enum { LINK_GROUP = 10231, LINK_GROUP_MORE };

/* The index of the loopback interface, in each namespace. */
enum { LINK_LO = 1 };

/* States of a bridge's port: it lets nothing through, or all. */
enum { LINK_PORT_OFF = 0, LINK_PORT_ON = 3 };

/* Room for the kind of a link ("veth", "macvlan"). */
enum { LINK_KIND = 24 };

/* What the kernel says of a link. */
struct link {
	int index;		/* 0: there is none */
	int peer;		/* index of the other end, in its namespace */
	int nsid;		/* id of that namespace seen from here, or -1 */
	int master;		/* index of the bridge, or 0 */
	int port;		/* state there, LINK_PORT_...; -1: no bridge */
	uint32_t mtu;
	unsigned int flags;	/* IFF_UP, ... */
	bool marked;		/* it carries our mark */
	bool ours;		/* and is a veth */
	bool more;		/* its mark is LINK_GROUP_MORE */
	bool wary;		/* it takes no routes: link_no_ra, link_set */
	char kind[LINK_KIND];	/* "": a device, no software */
	uint8_t mac[6];
	char name[IFNAMSIZ];
	char alt[IFNAME_ALT_SIZE];	/* its first alternative name, or "" */
};

/* What a link is to be. */
struct link_set {
	int master;		/* index of a bridge, 0: none, -1: as it is */
	uint32_t mtu;		/* 0: as it is */
	const uint8_t *mac;	/* NULL: as it is */
	bool wary;		/* take no IPv4 redirects from there */
	bool announce;		/* tell others of its IPv4 addresses: ARP */
};

/* The pair to be made. */
struct link_pair {
	const char *name;	/* of the end here */
	const char *peer;	/* of the other end */
	int netns;		/* descriptor of the namespace of that */
	int master;		/* bridge of the end here, or 0 */
	uint32_t mtu;		/* of both, or 0 */
	const uint8_t *mac;	/* of the end here, or NULL */
	const uint8_t *peer_mac;	/* of the other end, or NULL */
};

/* A link to be made on top of another. */
struct link_child {
	const char *kind;	/* "macvlan" or "ipvlan" */
	uint16_t mode;		/* one of linux/if_link.h */
	char name[IFNAMSIZ];
	bool has_mac;
	uint8_t mac[6];
};

/*
 * link_get - ask for one link, by its name (alternative or not) or index
 *
 * link_get_alt asks by what looks like a name but must be an alternative.
 *
 * The answer is an RTM_NEWLINK message for link_read; ENODEV: no such link.
 */
void link_get(struct nl *nl, const char *name);
void link_get_alt(struct nl *nl, const char *name);
void link_get_index(struct nl *nl, int index);
void link_read(const struct nlmsghdr *answer, struct link *link);

/*
 * link_get_nsid - ask how links name this namespace
 *
 * The answer is an RTM_NEWNSID message; link_read_nsid returns -1 where the
 * namespace has no name yet, so that no link from here leads there.
 */
void link_get_nsid(struct nl *nl, int netns);
int link_read_nsid(const struct nlmsghdr *answer);

/*
 * link_new_pair - make a marked veth pair
 *
 * Both are down.  EEXIST: either name is taken.
 */
void link_new_pair(struct nl *nl, const struct link_pair *pair);

/* link_add_alt - give the link with that name another name beside it */
void link_add_alt(struct nl *nl, const char *name, const char *alt);

/* link_set - bring a link up, and change it; link_del - remove it */
void link_set(struct nl *nl, int index, const struct link_set *set);
void link_del(struct nl *nl, int index);

/* link_mark - give a link that is there one of our marks */
void link_mark(struct nl *nl, int index, uint32_t group);

/*
 * link_no_ra - have a link of this namespace take no routes from its peers
 *
 * No IPv6 router advertisements, which would make a container the host's
 * router, and no redirects: netlink cannot set that.  To be called before the
 * link is up.  Returns 0, also where there is no IPv6, or -1 with errno.
 */
int link_no_ra(const struct link *link);

/*
 * link_announce6 - have a link of this namespace tell others of its addresses
 *
 * The IPv6 ones, which netlink cannot set; link_set has the same for IPv4.
 * It takes effect when the link comes up, has an address more, or has its MAC
 * address set.  Returns as link_no_ra.
 */
int link_announce6(const char *name);

/*
 * link_move - move a link to another namespace, under that name
 *
 * EEXIST: the name is taken there.
 */
void link_move(struct nl *nl, int index, int netns, const char *name);

/* link_new_child - make a link on top of that one in another namespace */
void link_new_child(struct nl *nl, int index, int netns,
    const struct link_child *child);

/*
 * link_retire - set the names of a link free, and it down and off its bridge
 *
 * For one whose other end is about to die with its namespace: unlike its
 * removal this waits for no rcu_barrier.  It is called "c_INDEX" from then
 * on; no host's end is (ifname_host).  Its addresses stay.
 */
void link_retire(struct nl *nl, const struct link *link);

#endif
