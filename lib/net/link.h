/* SPDX-License-Identifier: MIT */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/ifname.h"
#include "net/nl.h"

/*
 * The mark of our host interfaces: their group (ip-link(8)).  It is set by the
 * message that creates the link, so none of ours is ever without it.  The
 * second one means that the container may have extra pairs; with the first,
 * they need not be searched for.  share/links has a rule for udev that names both.
 */
enum { LINK_GROUP = 10231, LINK_GROUP_EXTRA };

/* The index of the loopback interface in every namespace. */
enum { LINK_LO = 1 };

/* States of a bridge port: it drops everything, or forwards. */
enum { LINK_PORT_OFF = 0, LINK_PORT_ON = 3 };

/* Size of the kind of a link ("veth", "macvlan"). */
enum { LINK_KIND = 24 };

/* A link as the kernel reports it. */
struct link {
	int index;		/* 0: it does not exist */
	int peer;		/* index of the other end, in its namespace */
	int nsid;		/* id of that namespace in this one, or -1 */
	int master;		/* index of the bridge, or 0 */
	int port;		/* state, LINK_PORT_...; -1: no bridge port */
	bool learns;		/* a bridge port that learns MAC addresses */
	uint32_t mtu;
	unsigned int flags;	/* IFF_UP, ... */
	bool marked;		/* it has one of our groups */
	bool ours;		/* marked, and a veth */
	bool has_extra;		/* its group is LINK_GROUP_EXTRA */
	bool ignores_ra;	/* link_ignore_ra and no_redirects are done */
	char kind[LINK_KIND];	/* "": a physical device */
	uint8_t mac[6];
	char name[IFNAMSIZ];
	char alt[IFNAME_ALT_SIZE];	/* its first alternative name, or "" */
};

/* Changes to a link. */
struct link_set {
	int master;		/* index of a bridge, 0: none, -1: unchanged */
	uint32_t mtu;		/* 0: unchanged */
	const uint8_t *mac;	/* NULL: unchanged */
	bool no_redirects;	/* ignore IPv4 redirects */
	bool announce;		/* announce IPv4 addresses: gratuitous ARP */
};

/* A pair to create. */
struct link_pair {
	const char *name;	/* of this end */
	const char *peer;	/* of the other end */
	int netns;		/* descriptor of the other end's namespace */
	int master;		/* index of the bridge of this end, or 0 */
	uint32_t mtu;		/* of both, or 0: the default */
	const uint8_t *mac;	/* of this end, or NULL */
	const uint8_t *peer_mac;	/* of the other end, or NULL */
};

/* A link to create on top of another. */
struct link_child {
	const char *kind;	/* "macvlan" or "ipvlan" */
	uint16_t mode;		/* MACVLAN_MODE_... or IPVLAN_MODE_... */
	char name[IFNAMSIZ];
	bool has_mac;
	uint8_t mac[6];
};

/*
 * link_get - request a link by name or alternative name
 *
 * link_get_alt finds it by alternative name only, link_get_index by index.
 * The answer is an RTM_NEWLINK message for link_read; ENODEV: no such link.
 */
void link_get(struct nl *nl, const char *name);
void link_get_alt(struct nl *nl, const char *name);
void link_get_index(struct nl *nl, int index);
void link_read(const struct nlmsghdr *answer, struct link *link);

/*
 * link_get_nsid - request the id of another namespace in the current one
 *
 * The answer is an RTM_NEWNSID message for link_read_nsid, which returns -1 if
 * the namespace has no id yet: then no link leads there.
 */
void link_get_nsid(struct nl *nl, int netns);
int link_read_nsid(const struct nlmsghdr *answer);

/*
 * link_new_pair - create a marked veth pair
 *
 * Both ends are down.  EEXIST: one of the names is in use.
 */
void link_new_pair(struct nl *nl, const struct link_pair *pair);

/* link_add_alt - add an alternative name to the link called name */
void link_add_alt(struct nl *nl, const char *name, const char *alt);

/* link_set - bring a link up and change it; link_del - remove it */
void link_set(struct nl *nl, int index, const struct link_set *set);
void link_del(struct nl *nl, int index);

/*
 * link_pin - let a bridge port have this MAC address, and learn no others
 *
 * What it has learned before is forgotten.
 * A bridge learns even from frames that no filter of it sees.
 */
void link_pin(struct nl *nl, int index, const uint8_t mac[6]);

/*
 * link_get_pin - request the entry of a MAC address in a port's bridge
 *
 * link_is_pinned: is the answer the entry that link_pin makes for this port?
 */
void link_get_pin(struct nl *nl, int index, const uint8_t mac[6]);
bool link_is_pinned(const struct nlmsghdr *answer, int index);

/* link_mark - set the group of an existing link to one of ours */
void link_mark(struct nl *nl, int index, uint32_t group);

/*
 * link_ignore_ra - ignore IPv6 router advertisements and redirects on a link
 *
 * Otherwise a container could make itself the host's router.  Netlink cannot
 * set this, so it goes through /proc/sys, in the current namespace.  Call it
 * before the link is up.  Returns 0, also without IPv6, or -1 with errno.
 */
int link_ignore_ra(const struct link *link);

/*
 * link_announce6 - let the kernel announce the IPv6 addresses of a link
 *
 * It does so when the link comes up, gets an address, or has its MAC address
 * set.  As link_ignore_ra, through /proc/sys; for IPv4 see link_set.
 */
int link_announce6(const char *name);

/*
 * link_move - move a link to another namespace and give it that name
 *
 * EEXIST: the name is in use there.
 */
void link_move(struct nl *nl, int index, int netns, const char *name);

/* link_rename - give a link that is down another name */
void link_rename(struct nl *nl, int index, const char *name);

/* link_new_child - create a link on top of this one, in another namespace */
void link_new_child(struct nl *nl, int index, int netns,
    const struct link_child *child);

/*
 * link_abandon - rename a link, set it down and take it off its bridge
 *
 * For a link whose other end is about to die with its namespace.  Unlike
 * link_del it waits for no rcu_barrier.  The new name "c_INDEX" is never that
 * of a host's end in use (see ifname_host).  IPv4 addresses stay.
 */
void link_abandon(struct nl *nl, const struct link *link);

#endif
