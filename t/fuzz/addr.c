/* SPDX-License-Identifier: MIT */
/* addr.c - addresses: what is taken is told so that it is taken again */
#include "fuzz.h"

#include "net/addr.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), told[ADDR_TEXT];
	struct addr a, b;

	if (addr_parse(text, &a) == 0) {
		addr_text(&a, true, told);
		fuzz_must(addr_parse(told, &b) == 0 && addr_same(&a, &b));
		fuzz_must(a.prefix == b.prefix);
		fuzz_must(a.prefix >= 1 && a.prefix <= addr_bits(&a));
		fuzz_must(addr_covers(&a, &b) == (a.prefix < addr_bits(&a)));
		(void)addr_link_local(&a);
	}
	free(text);
	return 0;
}
