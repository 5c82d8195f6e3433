/* SPDX-License-Identifier: MIT */
/* addressing.c - addresses, routes and settings of the two ends of a pair */
#include "net/addressing.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/explain.h"
#include "net/route.h"

/* A container could change its routes without end, so that no dump is whole. */
enum { DUMP_TRIES = 100 };

/* To each address of the other end, to both gateways, two default routes. */
struct routes {
	int n;
	struct route route[ADDRESS_LIST + 4];
};

static bool
has_route(const struct routes *list, const struct route *r)
{
	for (int i = 0; i < list->n; i++)
		if (address_same(&list->route[i].dst, &r->dst) &&
		    list->route[i].dst.prefix == r->dst.prefix &&
		    address_same(&list->route[i].via, &r->via))
			return true;
	return false;
}

/* add_host_route - to that one address, unless it is reachable without */
static void
add_host_route(struct routes *list, const struct address_list *own,
    const struct address *addr)
{
	struct route r = { .dst = *addr };

	r.dst.prefix = (uint8_t)address_bits(addr);
	if (address_is_link_local(addr) || address_list_covers(own, addr) ||
	    has_route(list, &r))
		return;
	list->route[list->n++] = r;
}

static void
host_routes(const struct addressing *set, struct routes *list)
{
	list->n = 0;
	/* On a bridge, the host reaches the container through the bridge. */
	if (set->bridge)
		return;
	for (int i = 0; i < set->inner.n; i++)
		add_host_route(list, &set->host, &set->inner.addr[i]);
}

static void
inner_routes(const struct addressing *set, struct routes *list)
{
	const struct address_list *own = &set->inner;

	list->n = 0;
	for (int i = 0; i < set->host.n; i++)
		if (address_list_first(own, set->host.addr[i].family))
			add_host_route(list, own, &set->host.addr[i]);
	for (int i = 0; i < 2; i++) {
		struct route r = { .via = set->gateway[i] };

		if (!r.via.family)
			continue;
		add_host_route(list, own, &r.via);
		r.dst.family = r.via.family;
		list->route[list->n++] = r;
	}
}

/* A conflict: an existing route to our address goes through another link. */
struct conflict {
	int index;	/* of our link */
	int first;	/* message that asks for the first route */
	int n;		/* route in conflict, or -1 */
};

static void
on_route(const struct nlmsghdr *answer, int n, void *arg)
{
	struct conflict *c = arg;
	int oif = route_oif(answer);

	if (oif && oif != c->index && c->n < 0)
		c->n = n - c->first;
}

/* check_routes - find out through which link the existing routes go */
static void
check_routes(struct nl *nl, const struct routes *list, struct conflict *c)
{
	c->first = nl->n;
	for (int i = 0; i < list->n; i++) {
		route_get(nl, &list->route[i].dst);
		/* A policy rule of the host may forbid the destination. */
		nl_allow(nl, NL_ANY);
	}
}

/* add_addresses - add those that are not in present, which may be NULL */
static void
add_addresses(struct nl *nl, int index, const struct address_list *list,
    const struct address_list *present)
{
	for (int i = 0; i < list->n; i++) {
		if (present && address_list_has(present, &list->addr[i], true))
			continue;
		route_addr_new(nl, index, &list->addr[i]);
		nl_allow(nl, EEXIST);
	}
}

/* has_mtu - has the link the MTU that is asked for, if any is? */
static bool
has_mtu(const struct link *link, const struct addressing *set)
{
	return set->mtu == 0 || link->mtu == set->mtu;
}

/* set_host_link - bring the host's end up and set it, if that is not done */
static void
set_host_link(const struct place *at, const struct addressing *set,
    const struct veth_found *found, const struct addressing *now)
{
	const struct link *link = &found->host;
	struct link_set change = { .master = -1, .no_redirects = true };

	/* A new pair was created on its bridge and with its MTU. */
	if (!found->created) {
		change.master = set->bridge;
		change.mtu = set->mtu;
	}
	if (now && link->flags & IFF_UP && link->ignores_ra &&
	    has_mtu(link, set) && now->bridge == set->bridge)
		return;
	link_set(at->host, link->index, &change);
}

static int
apply_host(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, const struct addressing *now,
    struct errmsg *why)
{
	int index = found->host.index;
	struct conflict c = { .index = index, .n = -1 };
	struct routes list;
	char text[ADDRESS_TEXT];

	host_routes(&want->set, &list);
	set_host_link(at, &want->set, found, now);
	add_addresses(at->host, index, &want->set.host,
	    now ? &now->host : NULL);
	for (int i = 0; i < list.n; i++) {
		route_new(at->host, index, &list.route[i], false);
		if (!found->created)
			nl_allow(at->host, EEXIST);
	}
	/* For a new pair any EEXIST is a conflict. */
	if (!found->created)
		check_routes(at->host, &list, &c);
	if (nl_run(at->host, on_route, &c) < 0)
		return explain(at->host, want->name, why);
	/* Without our route, another one leads to the address. */
	if (c.n < 0 || at->verify)
		return 0;
	errno = EEXIST;
	return errmsg_set(why, "route to %s on %s: leads through another link",
	    address_text(&list.route[c.n].dst, false, text), want->name);
}

/* set_inner_link - the same for the container's end */
static void
set_inner_link(const struct place *at, const struct addressing *set,
    const struct veth_found *found, const struct addressing *now)
{
	struct link_set created = { .master = -1, .announce = set->bridge };
	struct link_set change = { .master = -1, .mtu = set->mtu };

	if (found->created) {
		link_set(at->inner, found->host.peer, &created);
		return;
	}
	/* To set the same address again would flush the neighbour table. */
	if (set->has_mac && !(now && !memcmp(set->mac, now->mac, 6)))
		change.mac = set->mac;
	if (now && found->inner.flags & IFF_UP &&
	    has_mtu(&found->inner, set) && !change.mac)
		return;
	link_set(at->inner, found->host.peer, &change);
}

static int
apply_inner(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, const struct addressing *now,
    struct errmsg *why)
{
	const struct link_set up = { .master = -1 };
	int index = found->host.peer;
	struct routes list;

	inner_routes(&want->set, &list);
	link_set(at->inner, LINK_LO, &up);
	set_inner_link(at, &want->set, found, now);
	add_addresses(at->inner, index, &want->set.inner,
	    now ? &now->inner : NULL);
	for (int i = 0; i < list.n; i++)
		route_new(at->inner, index, &list.route[i], true);
	if (nl_run(at->inner, NULL, NULL) < 0)
		return explain(at->inner, want->peer, why);
	return 0;
}

/* apply - set both ends to want->set; now: their present state, or NULL */
static int
apply(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, const struct addressing *now,
    struct errmsg *why)
{
	if (apply_host(at, want, found, now, why) < 0)
		return -1;
	return apply_inner(at, want, found, now, why);
}

/* remove_routes - those in old but not in keep; returns whether any */
static bool
remove_routes(struct nl *nl, int index, const struct routes *old,
    const struct routes *keep)
{
	bool any = false;

	for (int i = 0; i < old->n; i++) {
		if (has_route(keep, &old->route[i]))
			continue;
		route_del(nl, index, &old->route[i]);
		any = true;
	}
	return any;
}

/* remove_addresses - the same for addresses */
static bool
remove_addresses(struct nl *nl, int index, const struct address_list *old,
    const struct address_list *keep)
{
	bool any = false;

	for (int i = 0; i < old->n; i++) {
		if (address_list_has(keep, &old->addr[i], true))
			continue;
		route_addr_del(nl, index, &old->addr[i]);
		any = true;
	}
	return any;
}

/* remove_stale - remove what is in old but not in keep; 1: any, 0: none, -1 */
static int
remove_stale(const struct place *at, const struct veth_found *found,
    const struct veth_wanted *old, const struct veth_wanted *keep,
    struct errmsg *why)
{
	int index = found->host.index, peer = found->host.peer;
	struct routes old_routes, keep_routes;
	bool any;

	host_routes(&old->set, &old_routes);
	host_routes(&keep->set, &keep_routes);
	any = remove_routes(at->host, index, &old_routes, &keep_routes);
	any |= remove_addresses(at->host, index, &old->set.host,
	    &keep->set.host);
	if (nl_run(at->host, NULL, NULL) < 0)
		return explain(at->host, keep->name, why);
	inner_routes(&old->set, &old_routes);
	inner_routes(&keep->set, &keep_routes);
	any |= remove_routes(at->inner, peer, &old_routes, &keep_routes);
	any |= remove_addresses(at->inner, peer, &old->set.inner,
	    &keep->set.inner);
	if (nl_run(at->inner, NULL, NULL) < 0)
		return explain(at->inner, keep->peer, why);
	return any;
}

/* change - set an existing pair to want; old: its present state */
static int
change(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, const struct veth_wanted *old,
    struct errmsg *why)
{
	int removed;

	if (apply(at, want, found, &old->set, why) < 0)
		return -1;
	removed = remove_stale(at, found, old, want, why);
	if (removed < 0)
		return -1;
	if (removed == 0 || at->verify)
		return 0;
	/*
	 * The kernel removes more than the address it is told to: others in
	 * its network, and with the last address all routes.
	 */
	return apply(at, want, found, NULL, why);
}

int
addressing_set(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, struct errmsg *why)
{
	struct veth_wanted old;
	struct errmsg ignored;
	int e;

	if (found->created)
		return apply(at, want, found, NULL, why);
	old = *want;
	old.set = found->set;
	if (change(at, want, found, &old, why) == 0)
		return 0;
	if (at->verify)
		return -1;
	e = errno;
	(void)remove_stale(at, found, want, &old, &ignored);
	(void)apply(at, &old, found, NULL, &ignored);
	errno = e;
	return -1;
}

struct listing {
	struct link *link;
	struct address_list *list;
	int index;
	bool ours;
};

static void
on_address(const struct nlmsghdr *answer, int n, void *arg)
{
	struct listing *l = arg;
	struct address addr;
	bool ours;

	if (l->link && n == 0) {
		link_read(answer, l->link);
		return;
	}
	if (!route_addr_read(answer, l->index, &addr, &ours))
		return;
	if ((ours || !l->ours) && l->list->n < ADDRESS_LIST)
		l->list->addr[l->list->n++] = addr;
}

int
addressing_list(struct nl *nl, int index, struct link *link,
    struct address_list *list, bool ours)
{
	struct listing l = { link, list, index, ours };
	int r, tries = 0;

	do {
		list->n = 0;
		if (link)
			link_get_index(nl, index);
		route_addr_dump(nl, index);
		r = nl_run(nl, on_address, &l);
	} while (r < 0 && errno == EAGAIN && ++tries < DUMP_TRIES);
	return r;
}

struct gateways {
	struct address *gateway;	/* by family_index */
	int index;
};

static void
on_gateway(const struct nlmsghdr *answer, int n, void *arg)
{
	struct gateways *g = arg;
	struct route r;

	(void)n;
	if (route_read(answer, g->index, &r, true) && !r.dst.prefix &&
	    r.via.family)
		g->gateway[family_index(r.via.family)] = r.via;
}

static int
read_gateways(struct nl *nl, int index, struct addressing *set)
{
	struct gateways g = { set->gateway, index };
	int r, tries = 0;

	do {
		route_dump(nl, AF_UNSPEC, index, true);
		r = nl_run(nl, on_gateway, &g);
	} while (r < 0 && errno == EAGAIN && ++tries < DUMP_TRIES);
	return r;
}

int
addressing_read(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	struct addressing *set = &found->set;
	int peer = found->host.peer;

	memset(set, 0, sizeof(*set));
	if (addressing_list(at->host, found->host.index, NULL, &set->host,
	    true) < 0)
		return explain(at->host, want->name, why);
	if (addressing_list(at->inner, peer, &found->inner, &set->inner,
	    true) < 0 || read_gateways(at->inner, peer, set) < 0)
		return explain(at->inner, want->peer, why);
	set->bridge = found->host.master;
	set->has_mac = true;
	memcpy(set->mac, found->inner.mac, sizeof(set->mac));
	return 0;
}
