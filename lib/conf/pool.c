/* SPDX-License-Identifier: MIT */
/* pool.c - pairs of addresses of a network, and which are free */
#define _GNU_SOURCE
#include "conf/pool.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A block is a /24, or a smaller pool: its first and last address are in no pair. */
enum { BITS = 16, BLOCK_BITS = 8 };

static int
block_bits(const struct pool *pool)
{
	return pool->bits < BLOCK_BITS ? pool->bits : BLOCK_BITS;
}

static int
per_block(const struct pool *pool)
{
	return (1 << block_bits(pool)) / 2 - 1;
}

static int
pairs(const struct pool *pool)
{
	return per_block(pool) << (pool->bits - block_bits(pool));
}

/* mask - clear the bits of an address beyond its prefix */
static void
mask(struct ip *ip)
{
	for (int i = ip->prefix; i < ip_bits(ip->family); i++)
		ip->byte[i / 8] &= (unsigned char)~(0x80 >> i % 8);
}

static bool
has_right_size(const struct ip *net)
{
	if (net->family == AF_INET)
		return net->prefix >= 16 && net->prefix <= 30;
	/* Addresses in fe80::/10 mean nothing without an interface. */
	return net->prefix >= 48 && net->prefix <= 126 &&
	    (net->byte[0] != 0xfe || (net->byte[1] & 0xc0) != 0x80);
}

static const char *
network_text(const struct ip *net, char text[POOL_TEXT])
{
	size_t n;

	inet_ntop(net->family, net->byte, text, POOL_TEXT);
	n = strlen(text);
	snprintf(text + n, POOL_TEXT - n, "/%d", net->prefix);
	return text;
}

int
pool_network(const char *text, struct ip *net, struct errmsg *why)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	char expected[POOL_TEXT];
	struct ip given;

	if (ip_parse(text, family, net) < 0 || !has_right_size(net))
		return errmsg_set(why, "invalid network \"%.64s\" (expected an "
		    "IPv4 network from /16 to /30, or an IPv6 network from /48 "
		    "to /126 that is not link-local)", text);
	given = *net;
	mask(net);
	if (!memcmp(&given, net, sizeof(given)))
		return 0;
	return errmsg_set(why, "invalid network \"%.64s\" (expected %s)", text,
	    network_text(net, expected));
}

void
pool_begin(struct pool *pool, const struct ip *net)
{
	int bits = ip_bits(net->family) - net->prefix;

	memset(pool, 0, sizeof(*pool));
	pool->net = *net;
	pool->bits = bits < BITS ? bits : BITS;
}

/* first_pair - the first pair that ends at or after this number */
static int
first_pair(const struct pool *pool, unsigned number)
{
	unsigned low = number & ((1U << block_bits(pool)) - 1);
	int base = (int)(number >> BLOCK_BITS) * per_block(pool);

	if (low == 0)
		return base;
	return base + (int)(low - 1) / 2;
}

/* last_pair - the last pair that begins at or before this number; -1: none */
static int
last_pair(const struct pool *pool, unsigned number)
{
	unsigned last = (1U << block_bits(pool)) - 1, low = number & last;
	int base = (int)(number >> BLOCK_BITS) * per_block(pool);

	if (low == 0)
		return base - 1;
	if (low == last)
		return base + per_block(pool) - 1;
	return base + (int)(low - 1) / 2;
}

void
pool_take(struct pool *pool, int family, const unsigned char *byte, int prefix)
{
	int total = ip_bits(family), start = total - pool->bits;
	unsigned all = (1U << pool->bits) - 1, number = 0, others = all;

	if (family != pool->net.family)
		return;
	if (prefix < pool->net.prefix)
		prefix = total;
	if (!ip_same(byte, pool->net.byte, prefix < start ? prefix : start))
		return;
	if (prefix > start) {
		number = (unsigned)byte[total / 8 - 2] << 8 | byte[total / 8 - 1];
		number &= all;
		others = (1U << (total - prefix)) - 1;
	}
	for (int i = first_pair(pool, number & ~others);
	    i <= last_pair(pool, number | others); i++)
		pool->taken[i / 8] |= (unsigned char)(1 << i % 8);
}

/* is_free - also if there is no such pool */
static bool
is_free(const struct pool *pool, int i)
{
	return pool->net.family == 0 ||
	    (i < pairs(pool) && !(pool->taken[i / 8] & 1 << i % 8));
}

/* find_common - the first pair that is free in all pools, or POOL_PAIRS */
static int
find_common(const struct pool *pool, int pools)
{
	for (int i = 0; i < POOL_PAIRS; i++) {
		int n = 0;

		while (n < pools && is_free(&pool[n], i))
			n++;
		if (n == pools)
			return i;
	}
	return POOL_PAIRS;
}

const struct pool *
pool_find(const struct pool pool[POOLS], int pair[POOLS])
{
	int common = find_common(pool, POOLS);

	for (int i = 0; i < POOLS; i++) {
		pair[i] = -1;
		if (pool[i].net.family == 0)
			continue;
		pair[i] = common;
		if (common == POOL_PAIRS)
			pair[i] = find_common(&pool[i], 1);
		if (pair[i] == POOL_PAIRS)
			return &pool[i];
	}
	return NULL;
}

const char *
pool_address(const struct pool *pool, int pair, int end, char text[POOL_TEXT])
{
	int per = per_block(pool), last = ip_bits(pool->net.family) / 8 - 1;
	struct ip ip = pool->net;

	ip.byte[last] |= (unsigned char)(pair % per * 2 + 1 + end);
	ip.byte[last - 1] |= (unsigned char)(pair / per);
	inet_ntop(ip.family, ip.byte, text, POOL_TEXT);
	return text;
}

const char *
pool_name(const struct pool *pool, char text[POOL_TEXT])
{
	return network_text(&pool->net, text);
}
