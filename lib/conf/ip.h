/* SPDX-License-Identifier: MIT */
#ifndef CONF_IP_H
#define CONF_IP_H

#include <stdbool.h>

/* An address that an interface can have. */
struct ip {
	int family;		/* AF_INET or AF_INET6 */
	int prefix;		/* prefix length; 32 or 128 if none is given */
	unsigned char byte[16];	/* in network order; IPv4 has 4 */
};

/*
 * ip_parse - read ADDRESS or ADDRESS/PREFIX of one family
 *
 * Refused are addresses that mkveth refuses: unspecified, loopback, multicast,
 * broadcast, and IPv4 written as IPv6.  Returns 0, or -1.
 */
int ip_parse(const char *text, int family, struct ip *ip);

/* ip_bits - of an address: 32 or 128 */
int ip_bits(int family);

/* ip_same - are the first bits of two addresses the same? */
bool ip_same(const unsigned char *a, const unsigned char *b, int bits);

#endif
