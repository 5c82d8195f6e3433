/* SPDX-License-Identifier: MIT */
/* address.c - addresses: a parsed one, formatted, can be parsed again */
#include "fuzz.h"

#include "net/address.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), told[ADDRESS_TEXT];
	struct address a, b;

	if (address_parse(text, &a) == 0) {
		address_text(&a, true, told);
		fuzz_must(address_parse(told, &b) == 0 && address_same(&a, &b));
		fuzz_must(a.prefix == b.prefix);
		fuzz_must(a.prefix >= 1 && a.prefix <= address_bits(&a));
		fuzz_must(address_covers(&a, &b) == (a.prefix < address_bits(&a)));
		(void)address_is_link_local(&a);
	}
	free(text);
	return 0;
}
