/* SPDX-License-Identifier: MIT */
/* hostid.c - numbers that differ between machines */
#include "net/hostid.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "net/hash.h"

enum { TEXT = 256 };

static int
read_id(const char *path, char id[HOSTID_SIZE])
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fd_read_max(fd, id, HOSTID_SIZE) != HOSTID_SIZE)
		return -1;
	return 0;
}

int
hostid_machine(char id[HOSTID_SIZE])
{
	static const char digits[] = "0123456789abcdefABCDEF";

	if (read_id("/etc/machine-id", id) < 0)
		return -1;
	for (int i = 0; i < HOSTID_SIZE; i++)
		if (!memchr(digits, id[i], sizeof(digits) - 1))
			return -1;
	return 0;
}

int
hostid_boot(char id[HOSTID_SIZE])
{
	return read_id("/proc/sys/kernel/random/boot_id", id);
}

uint64_t
hostid_hash(const char id[HOSTID_SIZE], const char *purpose)
{
	char text[TEXT];
	uint64_t h;

	snprintf(text, sizeof(text), "%.*s/%s", HOSTID_SIZE, id, purpose);
	h = hash_64(text);
	/* Let the last characters influence all bits (from MurmurHash3). */
	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	return h;
}
