/* SPDX-License-Identifier: MIT */
/* bridge.c - what the addresses of a bridge mean for the containers on it */
#include "net/bridge.h"

#include <stdbool.h>

#include "net/addressing.h"

/* is_single - is it a host without a network that a bridge could have, too? */
static bool
is_single(const struct address *addr)
{
	return addr->prefix == address_bits(addr) &&
	    !address_is_link_local(addr);
}

static bool
has_single(const struct address_list *list)
{
	for (int i = 0; i < list->n; i++)
		if (is_single(&list->addr[i]))
			return true;
	return false;
}

/* complete - one address of the container's end, by those of the bridge */
static void
complete(struct veth_wanted *want, struct address *addr,
    const struct address_list *bridge)
{
	struct address *gateway = &want->set.gateway[family_index(addr->family)];

	for (int i = 0; i < bridge->n; i++) {
		const struct address *own = &bridge->addr[i];

		if (!address_covers(own, addr) || address_same(own, addr))
			continue;
		addr->prefix = own->prefix;
		if (want->default_routes && !gateway->family) {
			*gateway = *own;
			gateway->prefix = (uint8_t)address_bits(own);
		}
		return;
	}
}

int
bridge_complete(struct nl *host, int bridge, struct veth_wanted *want)
{
	struct address_list *inner = &want->set.inner, own = { .n = 0 };

	if (!has_single(inner))
		return 0;
	if (addressing_list(host, bridge, NULL, &own, false) < 0)
		return -1;
	for (int i = 0; i < inner->n; i++)
		if (is_single(&inner->addr[i]))
			complete(want, &inner->addr[i], &own);
	return 0;
}
