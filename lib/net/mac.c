/* SPDX-License-Identifier: MIT */
/* mac.c - stable MAC addresses */
#define _GNU_SOURCE
#include "net/mac.h"

#include <stdio.h>

#include "net/hostid.h"

enum { TEXT = 256 };

int
mac_derive(enum mac_end end, const char *name, const char *link,
    uint8_t mac[6])
{
	char id[HOSTID_SIZE], text[TEXT];
	uint64_t h;

	/* Without a machine id, stable at least until the host reboots. */
	if (hostid_machine(id) < 0 && hostid_boot(id) < 0)
		return -1;
	snprintf(text, sizeof(text), "%d/%s/%s", end, name, link);
	h = hostid_hash(id, text);
	for (int i = 0; i < 6; i++, h >>= 8)
		mac[i] = (uint8_t)h;
	mac[0] = (mac[0] & 0xfc) | 2;
	if (end == MAC_HOST)
		mac[0] = 0xfe;
	return 0;
}

int
mac_inner(const char *name, const char *link, uint8_t mac[6])
{
	return mac_derive(MAC_INNER, name, link, mac);
}
