/* SPDX-License-Identifier: MIT */
/* address.c - IPv4 and IPv6 addresses, with or without a prefix length */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int
address_bits(const struct address *addr)
{
	return addr->family == AF_INET ? 32 : 128;
}

bool
address_is_link_local(const struct address *addr)
{
	return addr->family == AF_INET6 && addr->byte[0] == 0xfe &&
	    (addr->byte[1] & 0xc0) == 0x80;
}

/* is_usable - can an interface have it? */
static bool
is_usable(const struct address *addr)
{
	static const uint8_t zero[15], mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *b = addr->byte;

	if (addr->family == AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	return b[0] != 0xff && memcmp(b, mapped, 12) &&
	    (memcmp(b, zero, 15) || b[15] > 1);
}

/* parse_prefix - 1 to max, or -1 */
static int
parse_prefix(const char *s, int max)
{
	int v = 0;

	if (*s < '1' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9' && v <= max; s++)
		v = v * 10 + (*s - '0');
	if (*s || v > max)
		return -1;
	return v;
}

int
address_parse(const char *text, struct address *addr)
{
	const char *slash = strchr(text, '/');
	size_t n = strcspn(text, "/");
	char host[ADDRESS_TEXT];
	int prefix;

	memset(addr, 0, sizeof(*addr));
	if (n >= sizeof(host))
		goto bad;
	memcpy(host, text, n);
	host[n] = '\0';
	addr->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr->family, host, addr->byte) != 1 || !is_usable(addr))
		goto bad;
	prefix = address_bits(addr);
	if (slash)
		prefix = parse_prefix(slash + 1, prefix);
	if (prefix < 0)
		goto bad;
	addr->prefix = (uint8_t)prefix;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}

char *
address_text(const struct address *addr, bool prefix, char buf[ADDRESS_TEXT])
{
	if (!inet_ntop(addr->family, addr->byte, buf, ADDRESS_TEXT))
		strcpy(buf, "?");
	if (prefix)
		snprintf(buf + strlen(buf), 5, "/%u", addr->prefix);
	return buf;
}

bool
address_same(const struct address *a, const struct address *b)
{
	return a->family == b->family && !memcmp(a->byte, b->byte, 16);
}

bool
address_covers(const struct address *net, const struct address *addr)
{
	int whole = net->prefix / 8, rest = net->prefix % 8;
	int mask = 0xff00 >> rest & 0xff;

	if (net->family != addr->family || net->prefix == address_bits(net))
		return false;
	return !memcmp(net->byte, addr->byte, (size_t)whole) &&
	    !((net->byte[whole] ^ addr->byte[whole]) & mask);
}

const struct address *
address_list_first(const struct address_list *list, int family)
{
	for (int i = 0; i < list->n; i++)
		if (list->addr[i].family == family)
			return &list->addr[i];
	return NULL;
}

bool
address_list_has(const struct address_list *list, const struct address *addr,
    bool exact)
{
	for (int i = 0; i < list->n; i++)
		if (address_same(&list->addr[i], addr) &&
		    (!exact || list->addr[i].prefix == addr->prefix))
			return true;
	return false;
}

bool
address_list_covers(const struct address_list *list, const struct address *addr)
{
	for (int i = 0; i < list->n; i++)
		if (address_covers(&list->addr[i], addr))
			return true;
	return false;
}
