/* SPDX-License-Identifier: MIT */
/* port.c - forwarded ports: what is written reads back, and overlaps with itself */
#define _GNU_SOURCE
#include "fuzz.h"

#include <sys/socket.h>

#include "base/port.h"

static void
right(const struct port *port)
{
	char text[PORT_TEXT], word[PORT_TEXT + 4];
	const char *expected;
	struct port again;

	fuzz_must(port->host > 0 && port->host <= port->last);
	fuzz_must(port->last <= 65535 && port->inner > 0);
	fuzz_must(port->inner + (port->last - port->host) <= 65535);
	fuzz_must(!port->interface[0] || port->family == AF_UNSPEC);
	fuzz_must(!strpbrk(port->interface, "\"\\*;{} \t\n"));
	port_text(port, text);
	snprintf(word, sizeof(word), "%s:%s", port_protocol(port), text);
	fuzz_must(port_parse(word, &again, &expected) == 0 && !expected);
	again.inner = port->inner;
	fuzz_must(!memcmp(port, &again, sizeof(again)));
	fuzz_must(port_overlap(port, &again));
}

/* Two ports, one a line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text;
	char *first = strsep(&rest, "\n"), *second = rest ? rest : first;
	struct port a, b;
	const char *expected;
	bool both = true;

	if (port_parse(first, &a, &expected) == 0)
		right(&a);
	else
		both = false;
	fuzz_must(both == !expected);
	if (port_parse(second, &b, &expected) == 0)
		right(&b);
	else
		both = false;
	if (both)
		fuzz_must(port_overlap(&a, &b) == port_overlap(&b, &a));
	free(text);
	return 0;
}
