/* SPDX-License-Identifier: MIT */
/* ip.c - addresses in settings */
#include "conf/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/num.h"

static bool
usable(const struct ip *ip)
{
	static const unsigned char zero[15], mapped[12] =
	    { [10] = 0xff, [11] = 0xff };
	const unsigned char *b = ip->byte;

	if (ip->family == AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	return b[0] != 0xff && memcmp(b, mapped, sizeof(mapped)) &&
	    (memcmp(b, zero, sizeof(zero)) || b[15] > 1);
}

int
ip_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

bool
ip_same(const unsigned char *a, const unsigned char *b, int bits)
{
	int whole = bits / 8, mask = 0xff00 >> bits % 8 & 0xff;

	return !memcmp(a, b, (size_t)whole) &&
	    (mask == 0 || !((a[whole] ^ b[whole]) & mask));
}

int
ip_parse(const char *text, int family, struct ip *ip)
{
	size_t n = strcspn(text, "/");
	char host[INET6_ADDRSTRLEN];

	memset(ip, 0, sizeof(*ip));
	if (n >= sizeof(host))
		return -1;
	memcpy(host, text, n);
	host[n] = '\0';
	ip->family = family;
	ip->prefix = ip_bits(family);
	if (inet_pton(family, host, ip->byte) != 1 || !usable(ip))
		return -1;
	if (text[n] == '\0')
		return 0;
	if (text[n + 1] == '0')
		return -1;
	ip->prefix = (int)num_read(text + n + 1, ip->prefix);
	if (ip->prefix < 0)
		return -1;
	return 0;
}
