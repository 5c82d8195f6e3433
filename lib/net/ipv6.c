/* SPDX-License-Identifier: MIT */
/* ipv6.c - what IPv6 addresses this machine can give */
#include "net/ipv6.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "net/hostid.h"

bool
ipv6_enabled(void)
{
	auto_close int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6",
	    O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && fd_read_max(fd, &c, 1) == 1 && c == '0';
}

int
ipv6_unique_local(unsigned char net[16])
{
	char id[HOSTID_SIZE];
	uint64_t h;

	if (hostid_machine(id) < 0)
		return -1;
	memset(net, 0, 16);
	net[0] = 0xfd;
	h = hostid_hash(id, "containers");
	for (int i = 1; i <= 5; i++, h >>= 8)
		net[i] = (unsigned char)h;
	return 0;
}
