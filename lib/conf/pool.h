/* SPDX-License-Identifier: MIT */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include "base/errmsg.h"
#include "conf/ip.h"

enum {
	POOL_IPV4, POOL_IPV6, POOLS,
	POOL_PAIRS = 256 * 127,
	POOL_TEXT = sizeof("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
};

/*
 * The pairs of addresses of one network that are given to containers.
 *
 * In 10.233.0.0/16 they are 10.233.N.1 and .2, .3 and .4, ... .253 and .254 for
 * N from 0 to 255.  In a smaller network they go on to the last but one address.
 * In an IPv6 network the last 16 bits count in the same way: ::1 and ::2, ...
 * ::fd and ::fe, ::101 and ::102.  So a pair of the same index has the same number
 * in both.
 */
struct pool {
	struct ip net;		/* family 0: no pool, and no pair of it */
	int bits;		/* those that the pairs differ in, at most 16 */
	unsigned char taken[POOL_PAIRS / 8];	/* a bit for each pair */
};

/*
 * pool_network - read a network that can be a pool
 *
 * IPv4 has a prefix of 16 to 30: a larger network has more pairs than a host has
 * containers.  IPv6 has one of 48, that of a site, to 126.  Returns 0, or -1 and
 * why.
 */
int pool_network(const char *text, struct ip *net, struct errmsg *why);

/* pool_begin - all pairs of this network are free */
void pool_begin(struct pool *pool, const struct ip *net);

/*
 * pool_take - take all pairs that have an address in a network
 *
 * byte is an address in it.  A network wider than the pool takes only the pair
 * of that address: a route to a VPN in 10.0.0.0/8 must not use up the pool.  An
 * address of the other family takes none.
 */
void pool_take(struct pool *pool, int family, const unsigned char *byte,
    int prefix);

/*
 * pool_find - find a pair that is free in each pool
 *
 * It is the first one that all pools have, else the first of each.  The pair of a
 * pool without a network is -1.  Returns NULL, or the pool that is full.
 */
const struct pool *pool_find(const struct pool pool[POOLS], int pair[POOLS]);

/* pool_address - the address of the host's end (0) or the container's end (1) */
const char *pool_address(const struct pool *pool, int pair, int end,
    char text[POOL_TEXT]);

/* pool_name - its network, for a message */
const char *pool_name(const struct pool *pool, char text[POOL_TEXT]);

#endif
