/* SPDX-License-Identifier: MIT */
/* resolvconf.c - the filter for a host's resolv.conf */
#define _GNU_SOURCE
#include "fuzz.h"

#include <sanitizer/asan_interface.h>

#include "resolv/resolvconf.h"

static void
take(const struct resolvconf *from, bool private)
{
	static struct resolvconf to;
	int n;

	to.len = 0;
	(void)resolvconf_rest(&to, from, private);
	n = resolvconf_servers(&to, from, private);
	fuzz_must(to.len < sizeof(to.s) && n >= 0);
	fuzz_must(to.len >= sizeof(RESOLVCONF_MARK) - 1 + 1);
	fuzz_must(to.s[to.len - 1] == '\n');
	fuzz_must(!memcmp(to.s, RESOLVCONF_MARK, sizeof(RESOLVCONF_MARK) - 1));
	fuzz_must(n == 0 || memmem(to.s, to.len, "nameserver", 10));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct resolvconf from;

	if (size > RESOLVCONF_MAX)
		return 0;
	memset(from.s, ' ', sizeof(from.s));
	memcpy(from.s, data, size);
	from.len = size;
	ASAN_POISON_MEMORY_REGION(from.s + size, sizeof(from.s) - size);
	take(&from, false);
	take(&from, true);
	ASAN_UNPOISON_MEMORY_REGION(from.s, sizeof(from.s));
	return 0;
}
