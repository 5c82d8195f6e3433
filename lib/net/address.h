/* SPDX-License-Identifier: MIT */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	ADDRESS_TEXT = 52,	/* size of the longest text, "/128" included */
	ADDRESS_LIST = 32,	/* addresses in a list */
};

/* An IP address; family 0: none. */
struct address {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t prefix;		/* of its network; 32 or 128: a single host */
	uint8_t byte[16];	/* network order; IPv4 uses 4, the rest is 0 */
};

/* The addresses of an interface. */
struct address_list {
	int n;
	struct address addr[ADDRESS_LIST];
};

/* family_index - 0 for IPv4, 1 for IPv6 */
static inline int
family_index(int family)
{
	return family == AF_INET6;
}

/*
 * address_parse - parse the address of an interface
 *
 * text is ADDRESS or ADDRESS/PREFIX; IPv4 in four decimals without leading
 * zeros, IPv6 as in RFC 4291.  Without PREFIX it is a single host.  Refused are
 * unspecified, loopback, multicast, broadcast and IPv4-mapped IPv6 addresses.
 * Returns 0, or -1 with errno EINVAL.
 */
int address_parse(const char *text, struct address *addr);

/* address_bits - 32 or 128 */
int address_bits(const struct address *addr);

/* address_text - format as ADDRESS, or with prefix as ADDRESS/PREFIX */
char *address_text(const struct address *addr, bool prefix,
    char buf[ADDRESS_TEXT]);

/* address_same - the same address; the prefix may differ */
bool address_same(const struct address *a, const struct address *b);

/*
 * address_covers - is addr in the network of net?
 *
 * A single host (prefix 32 or 128) has no network, so it covers nothing.
 */
bool address_covers(const struct address *net, const struct address *addr);

/* address_is_link_local - is it in fe80::/10? */
bool address_is_link_local(const struct address *addr);

/* address_list_first - the first address of that family, or NULL */
const struct address *address_list_first(const struct address_list *list,
    int family);

/* address_list_has - is addr in the list?  exact: with the same prefix */
bool address_list_has(const struct address_list *list,
    const struct address *addr, bool exact);

/* address_list_covers - is addr in the network of an address in the list? */
bool address_list_covers(const struct address_list *list,
    const struct address *addr);

#endif
