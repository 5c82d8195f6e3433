/* SPDX-License-Identifier: MIT */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest text, "/128" and the final zero included. */
enum { ADDRESS_TEXT = 52 };

/* An IP address; family 0 stands for none. */
struct address {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t prefix;		/* bits of the network it is on: 32, 128: none */
	uint8_t byte[16];	/* network order; IPv4 has 4, the rest is 0 */
};

/*
 * address_parse - read an address of one interface
 *
 * text is ADDRESS or ADDRESS/PREFIX, in the full form (four decimals without
 * leading zeros, or RFC 4291) and nothing else.  Without PREFIX prefix is
 * that of a single host.  The address must be one that an interface can have:
 * not unspecified, loopback, multicast, broadcast, or IPv4 written as IPv6.
 * Returns 0, or -1 with errno EINVAL.
 */
int address_parse(const char *text, struct address *addr);

/* address_bits - 32 or 128 */
int address_bits(const struct address *addr);

/* address_text - ADDRESS, or ADDRESS/PREFIX; returns buf */
char *address_text(const struct address *addr, bool prefix, char buf[ADDRESS_TEXT]);

/* address_same - the same address, whatever the prefix */
bool address_same(const struct address *a, const struct address *b);

/*
 * address_covers - does the network that net is on hold addr?
 *
 * An address without a network (prefix 32, 128) holds none, not even itself.
 */
bool address_covers(const struct address *net, const struct address *addr);

/* address_is_link_local - is it fe80::/10?  (No other is bound to its link.) */
bool address_is_link_local(const struct address *addr);

#endif
