/* SPDX-License-Identifier: MIT */
/* mac.c - stable MAC addresses */
#define _GNU_SOURCE
#include "net/mac.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "net/hash.h"

enum { ID = 32, TEXT = 256 };

/* read_id - read the first characters of a file that contains an id */
static int
read_id(const char *path, char id[ID])
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fd_read_max(fd, id, ID) != ID)
		return -1;
	return 0;
}

int
mac_derive(enum mac_end end, const char *name, const char *link,
    uint8_t mac[6])
{
	char id[ID], text[TEXT];
	uint64_t h;

	/* Without a machine id, stable at least until the host reboots. */
	if (read_id("/etc/machine-id", id) < 0 &&
	    read_id("/proc/sys/kernel/random/boot_id", id) < 0)
		return -1;
	snprintf(text, sizeof(text), "%.*s/%d/%s/%s", ID, id, end, name, link);
	h = hash_64(text);
	/* Let the last characters influence all bits (from MurmurHash3). */
	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
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
