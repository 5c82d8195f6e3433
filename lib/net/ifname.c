/* SPDX-License-Identifier: MIT */
/* ifname.c - names of network interfaces */
#include "net/ifname.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "net/hash.h"

bool
ifname_ok(const char *name)
{
	size_t n = strlen(name);

	if (n < 1 || n >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name > '~' || strchr("/:%", *name))
			return false;
	return true;
}

bool
ifname_host(const char *name, char buf[IFNAMSIZ], char alt[IFNAME_ALT_SIZE])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint64_t h = hash_64(name);
	int n = snprintf(alt, IFNAME_ALT_SIZE, "c-%s", name);

	if (n < IFNAMSIZ) {
		memcpy(buf, alt, (size_t)n + 1);
		return false;
	}
	memcpy(buf, "c_", 2);
	for (int i = 2; i < 15; i++, h >>= 5)
		buf[i] = digits[h & 31];
	buf[15] = '\0';
	return true;
}

void
ifname_link(const char *name, char buf[IFNAMSIZ])
{
	char alt[IFNAME_ALT_SIZE];

	(void)ifname_host(name, buf, alt);
}
