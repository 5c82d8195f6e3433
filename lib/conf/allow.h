/* SPDX-License-Identifier: MIT */
#ifndef CONF_ALLOW_H
#define CONF_ALLOW_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "conf/ip.h"

enum { ALLOW_WORDS = 256 };	/* most words of a list */

enum allow_kind {
	ALLOW_ANY,		/* all of the others */
	ALLOW_CONTAINERS,	/* all of this host */
	ALLOW_HOST,
	ALLOW_LAN,		/* machines outside with a private address */
	ALLOW_NONE,
	ALLOW_PORTS,		/* anyone, through a forwarded port */
	ALLOW_NAME,		/* a container */
	ALLOW_NETWORK,		/* machines outside with these addresses */
};

/* A word of ALLOW_FROM. */
struct allow {
	enum allow_kind kind;
	struct ip ip;		/* ALLOW_NETWORK: masked by its prefix */
};

/*
 * allow_parse - read a word of ALLOW_FROM
 *
 * A word of its own meaning is no name of a container.  A network must have no
 * bits behind its prefix: it could be meant as an address, too.  Returns 0, or -1.
 */
int allow_parse(const char *word, struct allow *a);

/* allow_has - is a word of this kind in a list? NULL is the default */
bool allow_has(const char *list, enum allow_kind kind);

/* allow_names - is a container named in a list? */
bool allow_names(const char *list, const char *name);

/* allow_host - may the host itself connect? */
bool allow_host(const char *list);

/* The links of a container that a list is for. */
struct allow_links {
	size_t n;
	const char *const *ifname;	/* on the host, n of them */
	/* link - the host's end of the own pair of another container */
	void (*link)(const char *name, char ifname[IFNAMSIZ]);
};

/*
 * allow_print - write a list as elements of nftables, a line each
 *
 * Each link is in limited.  It is reached from the link of each container that is
 * named (from_link), from others of the same container, and from what else the sets
 * from_containers, from_host, from_ports, from_lan, from_any have it for.  Networks
 * are ranges (from4_range, from6_range), one that is in another left out: nft
 * refuses those that overlap.  NULL has no elements.
 */
void allow_print(const char *list, const struct allow_links *links, FILE *out);

#endif
