/* SPDX-License-Identifier: MIT */
/* netlink.c - parsers of netlink, with datagrams that no kernel would send */
#include "net/nl.c"

#include "fuzz.h"

#include "net/route.h"
#include "net/link.h"
#include "net/explain.h"

/* libmnl does not check the length, and is built without sanitizers. */
uint32_t
mnl_attr_get_u32(const struct nlattr *attr)
{
	fuzz_must(mnl_attr_get_payload_len(attr) >= 4);
	return *(const uint32_t *)mnl_attr_get_payload(attr);
}

uint8_t
mnl_attr_get_u8(const struct nlattr *attr)
{
	fuzz_must(mnl_attr_get_payload_len(attr) >= 1);
	return *(const uint8_t *)mnl_attr_get_payload(attr);
}

static void
on_answer(const struct nlmsghdr *answer, int n, void *arg)
{
	struct link link;
	struct address addr;
	struct route route;
	bool ours;

	(void)arg;
	fuzz_must(n >= 0 && n < 4);
	link_read(answer, &link);
	fuzz_must(memchr(link.name, '\0', sizeof(link.name)));
	fuzz_must(memchr(link.alt, '\0', sizeof(link.alt)));
	fuzz_must(memchr(link.kind, '\0', sizeof(link.kind)));
	(void)link_read_nsid(answer);
	if (route_addr_read(answer, 1, &addr, &ours))
		fuzz_must(addr.family == AF_INET || addr.family == AF_INET6);
	(void)route_read(answer, 1, &route, false);
	(void)route_oif(answer);
}

/* fill_batch - request one answer of each kind, the last a dump */
static void
fill_batch(struct nl *nl)
{
	const uint8_t mac[6] = { 2 };
	struct address addr;

	fuzz_must(address_parse("10.0.0.1", &addr) == 0);
	link_get(nl, "c-x");
	link_set(nl, 1, &(struct link_set){ .mac = mac });
	route_addr_new(nl, 1, &addr);
	route_addr_dump(nl, 1);
	nl->failed = -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nl nl;
	struct errmsg why = { "" };
	/* Of exactly its size, to detect reads behind the end. */
	char *rx = malloc(MNL_ALIGN(size));

	fuzz_must(rx || size == 0);
	if (size)
		memcpy(rx, data, size);
	nl = (struct nl){ .fd = -1 };
	fill_batch(&nl);
	(void)handle_datagram(&nl, rx, (int)size, on_answer, NULL);
	fuzz_must(memchr(nl.text, '\0', sizeof(nl.text)));
	if (nl.failed >= 0) {
		errno = nl.err[nl.failed];
		(void)explain(&nl, "c-x", &why);
	}
	free(rx);
	return 0;
}
