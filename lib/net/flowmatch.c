/* SPDX-License-Identifier: MIT */
/* flowmatch.c - which entries of connection tracking are wanted */
#define _GNU_SOURCE
#include "net/flowmatch.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/inuse.h"

static void
add_own(int family, const void *byte, void *arg)
{
	struct flowmatch_own *own = arg;
	size_t room = 2 * own->room + 64;

	if (own->n == own->room) {
		void *more = reallocarray(own->address, room,
		    sizeof(*own->address));

		/* An entry that stays is less harm than no start. */
		if (!more)
			return;
		own->address = more;
		own->room = room;
	}
	own->address[own->n].family = family;
	memcpy(own->address[own->n++].byte, byte, family == AF_INET ? 4 : 16);
}

static bool
is_own(struct flowmatch_own *own, const struct flow_address *a)
{
	size_t size = a->family == AF_INET ? 4 : 16;

	if (!own->read && inuse_own(add_own, own) < 0)
		own->err = errno;
	own->read = true;
	for (size_t i = 0; i < own->n; i++)
		if (own->address[i].family == a->family &&
		    !memcmp(own->address[i].byte, a->byte, size))
			return true;
	return false;
}

/* to_port - is it to one of the ports? */
static bool
to_port(const struct flow_wanted *wanted, const struct flow *flow,
    struct flowmatch_own *own)
{
	const struct flow_address *to = &flow->end[FLOW_TO];

	for (size_t i = 0; i < wanted->ports; i++) {
		const struct port *p = &wanted->port[i];

		if (flow->protocol != (p->udp ? IPPROTO_UDP : IPPROTO_TCP) ||
		    flow->port < p->host || flow->port > p->last ||
		    !port_has(p, to->family, to->byte))
			continue;
		if (p->family != AF_UNSPEC && !port_any(p))
			return true;
		if (is_own(own, to))
			return true;
	}
	return false;
}

static int
by_address(const void *a, const void *b)
{
	const struct flow_address *one = a, *other = b;

	if (one->family != other->family)
		return one->family - other->family;
	return memcmp(one->byte, other->byte, sizeof(one->byte));
}

void
flowmatch_sort(struct flow_address *address, size_t n)
{
	if (n > 1)
		qsort(address, n, sizeof(*address), by_address);
}

/* has_address - has it one of the addresses? */
static bool
has_address(const struct flow_wanted *wanted, const struct flow *flow)
{
	int ends = wanted->plain ? FLOW_FROM + 1 : FLOW_ENDS;

	for (int i = 0; i < ends && wanted->addresses > 0; i++)
		if (bsearch(&flow->end[i], wanted->address, wanted->addresses,
		    sizeof(*wanted->address), by_address))
			return true;
	return false;
}

bool
flowmatch(const struct flow_wanted *wanted, const struct flow *flow,
    struct flowmatch_own *own)
{
	if (wanted->plain && flow->nat)
		return false;
	return has_address(wanted, flow) || to_port(wanted, flow, own);
}
