/* SPDX-License-Identifier: MIT */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest text, "/128" and the final zero included. */
enum { ADDR_TEXT = 52 };

/* An IP address; family 0 stands for none. */
struct addr {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t prefix;		/* bits of the network it is on: 32, 128: none */
	uint8_t byte[16];	/* network order; IPv4 has 4, the rest is 0 */
};

/*
 * addr_parse - read an address of one interface
 *
 * text is ADDRESS or ADDRESS/PREFIX, in the full form (four decimals without
 * leading zeros, or RFC 4291) and nothing else.  Without PREFIX prefix is
 * that of a single host.  The address must be one that an interface can have:
 * not unspecified, loopback, multicast, broadcast, or IPv4 written as IPv6.
 * Returns 0, or -1 with errno EINVAL.
 */
int addr_parse(const char *text, struct addr *addr);

/* addr_bits - 32 or 128 */
int addr_bits(const struct addr *addr);

/* addr_text - ADDRESS, or ADDRESS/PREFIX; returns buf */
char *addr_text(const struct addr *addr, bool prefix, char buf[ADDR_TEXT]);

/* addr_same - the same address, whatever the prefix */
bool addr_same(const struct addr *a, const struct addr *b);

/*
 * addr_covers - does the network that net is on hold addr?
 *
 * An address without a network (prefix 32, 128) holds none, not even itself.
 */
bool addr_covers(const struct addr *net, const struct addr *addr);

/* addr_link_local - is it fe80::/10?  (No other is bound to its link.) */
bool addr_link_local(const struct addr *addr);

#endif
