/* SPDX-License-Identifier: MIT */
/* plan.c - addresses, routes and settings of the two ends of a pair */
#include "net/plan.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/explain.h"

/* As many as follow from a plan: to each address, to each gateway, default. */
struct routes {
	int n;
	struct route route[PLAN_ADDRS + 4];
};

int
plan_via(int family)
{
	return family == AF_INET6;
}

static bool
has(const struct plan_side *side, const struct address *addr)
{
	for (int i = 0; i < side->n; i++)
		if (address_same(&side->addr[i], addr) &&
		    side->addr[i].prefix == addr->prefix)
			return true;
	return false;
}

static bool
covered(const struct plan_side *side, const struct address *addr)
{
	for (int i = 0; i < side->n; i++)
		if (address_covers(&side->addr[i], addr))
			return true;
	return false;
}

static bool
has_family(const struct plan_side *side, int family)
{
	for (int i = 0; i < side->n; i++)
		if (side->addr[i].family == family)
			return true;
	return false;
}

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

/* to - a route to that very address, unless there is one or needs to be none */
static void
to(struct routes *list, const struct plan_side *own, const struct address *addr)
{
	struct route r = { .dst = *addr };

	r.dst.prefix = (uint8_t)address_bits(addr);
	if (!address_is_link_local(addr) && !covered(own, addr) &&
	    !has_route(list, &r))
		list->route[list->n++] = r;
}

static void
host_routes(const struct plan *plan, struct routes *list)
{
	list->n = 0;
	for (int i = 0; !plan->master && i < plan->local.n; i++)
		to(list, &plan->host, &plan->local.addr[i]);
}

static void
inner_routes(const struct plan *plan, struct routes *list)
{
	list->n = 0;
	for (int i = 0; i < plan->host.n; i++)
		if (has_family(&plan->local, plan->host.addr[i].family))
			to(list, &plan->local, &plan->host.addr[i]);
	for (int i = 0; i < 2; i++) {
		struct route r = { .via = plan->via[i] };

		if (!r.via.family)
			continue;
		to(list, &plan->local, &r.via);
		r.dst.family = r.via.family;
		list->route[list->n++] = r;
	}
}

/* A conflict is a route to our address that leads through another link. */
struct conflict {
	int index, first, n;
};

static void
see_route(const struct nlmsghdr *answer, int n, void *arg)
{
	struct conflict *c = arg;
	int oif = route_oif(answer);

	if (oif && oif != c->index && c->n < 0)
		c->n = n - c->first;
}

/* check_routes - do the routes that were there lead through our link? */
static void
check_routes(const struct plan_pair *p, const struct routes *list,
    struct conflict *c)
{
	c->first = p->host->n;
	for (int i = 0; i < list->n; i++) {
		route_get(p->host, &list->route[i].dst);
		/* Rules of the host's own may lead to no route at all. */
		nl_allow(p->host, NL_ANY);
	}
}

/* put_addrs - those that are not known to be there */
static void
put_addrs(struct nl *nl, int index, const struct plan_side *side,
    const struct plan_side *there)
{
	for (int i = 0; i < side->n; i++) {
		if (has(there, &side->addr[i]))
			continue;
		route_addr_new(nl, index, &side->addr[i]);
		nl_allow(nl, EEXIST);
	}
}

/* there: as far as known what a pair that is not fresh has */
static int
put_host(const struct plan_pair *p, const struct plan *plan, bool fresh,
    const struct plan *there, struct errmsg *why)
{
	struct link_set set = { .wary = true, .master = -1 };
	struct conflict c = { .index = p->index, .n = -1 };
	struct routes list;
	char text[ADDRESS_TEXT];

	host_routes(plan, &list);
	if (!fresh) {
		set.master = plan->master;
		set.mtu = plan->mtu;
	}
	if (!there->host_up || there->master != plan->master ||
	    there->mtu != plan->mtu)
		link_set(p->host, p->index, &set);
	put_addrs(p->host, p->index, &plan->host, &there->host);
	for (int i = 0; i < list.n; i++) {
		route_new(p->host, p->index, &list.route[i], false);
		nl_allow(p->host, fresh ? 0 : EEXIST);
	}
	/* On a pair just made EEXIST says it all. */
	if (!fresh)
		check_routes(p, &list, &c);
	if (nl_run(p->host, see_route, &c) < 0)
		return explain(p->host, p->name, why);
	if (c.n < 0)
		return 0;
	errno = EEXIST;
	return errmsg_set(why, "route to %s on %s: leads through another link",
	    address_text(&list.route[c.n].dst, false, text), p->name);
}

static int
put_inner(const struct plan_pair *p, const struct plan *plan, bool fresh,
    const struct plan *there, struct errmsg *why)
{
	struct link_set none = { .master = -1 };
	struct link_set first = { .master = -1, .announce = plan->master };
	struct link_set set = { .master = -1, .mtu = plan->mtu };
	struct routes list;

	inner_routes(plan, &list);
	/* To set the same again would make the kernel forget neighbours. */
	if (plan->has_mac &&
	    (!there->has_mac || memcmp(plan->mac, there->mac, 6)))
		set.mac = plan->mac;
	link_set(p->inner, LINK_LO, &none);
	if (!there->local_up || there->mtu != plan->mtu || set.mac)
		link_set(p->inner, p->peer, fresh ? &first : &set);
	put_addrs(p->inner, p->peer, &plan->local, &there->local);
	for (int i = 0; i < list.n; i++)
		route_new(p->inner, p->peer, &list.route[i], true);
	if (nl_run(p->inner, NULL, NULL) < 0)
		return explain(p->inner, p->peer_name, why);
	return 0;
}

static int
put(const struct plan_pair *p, const struct plan *plan, bool fresh,
    const struct plan *there, struct errmsg *why)
{
	return put_host(p, plan, fresh, there, why) < 0 ||
	    put_inner(p, plan, fresh, there, why) < 0 ? -1 : 0;
}

/* drop_side - remove what a has and b lacks; returns whether there was any */
static bool
drop_side(struct nl *nl, int index, const struct plan_side *a,
    const struct plan_side *b, const struct routes *ra,
    const struct routes *rb)
{
	bool any = false;

	for (int i = 0; i < ra->n; i++)
		if (!has_route(rb, &ra->route[i])) {
			route_del(nl, index, &ra->route[i]);
			any = true;
		}
	for (int i = 0; i < a->n; i++)
		if (!has(b, &a->addr[i])) {
			route_addr_del(nl, index, &a->addr[i]);
			any = true;
		}
	return any;
}

/* drop - remove what a has and b lacks; 1: something, 0: nothing was to go */
static int
drop(const struct plan_pair *p, const struct plan *a, const struct plan *b,
    struct errmsg *why)
{
	struct routes ra, rb;
	bool any;

	host_routes(a, &ra);
	host_routes(b, &rb);
	any = drop_side(p->host, p->index, &a->host, &b->host, &ra, &rb);
	if (any && nl_run(p->host, NULL, NULL) < 0)
		return explain(p->host, p->name, why);
	inner_routes(a, &ra);
	inner_routes(b, &rb);
	if (!drop_side(p->inner, p->peer, &a->local, &b->local, &ra, &rb))
		return any;
	if (nl_run(p->inner, NULL, NULL) < 0)
		return explain(p->inner, p->peer_name, why);
	return 1;
}

int
plan_set(const struct plan_pair *pair, const struct plan *old,
    const struct plan *want, struct errmsg *why)
{
	static const struct plan unknown;
	struct errmsg lost;
	int r, e;

	if (put(pair, want, !old, old ? old : &unknown, why) < 0)
		goto fail;
	if (!old || (r = drop(pair, old, want, why)) == 0)
		return 0;
	/*
	 * With an address the kernel removes more than we asked: others in
	 * its network, or with the last one all routes.
	 */
	if (r > 0 && put(pair, want, false, &unknown, why) == 0)
		return 0;
fail:
	e = errno;
	if (old) {
		(void)drop(pair, want, old, &lost);
		(void)put(pair, old, false, &unknown, &lost);
	}
	errno = e;
	return -1;
}

struct addrs {
	struct link *link;
	struct plan_side *side;
	int index;
	bool ours;
};

static void
see_addr(const struct nlmsghdr *answer, int n, void *arg)
{
	struct addrs *a = arg;
	struct address addr;
	bool ours;

	if (a->link && n == 0)
		link_read(answer, a->link);
	else if (route_addr_read(answer, a->index, &addr, &ours) &&
	    (ours || !a->ours) && a->side->n < PLAN_ADDRS)
		a->side->addr[a->side->n++] = addr;
}

int
plan_addrs(struct nl *nl, int index, struct link *link,
    struct plan_side *side, bool ours)
{
	struct addrs a = { link, side, index, ours };
	int r;

	do {
		side->n = 0;
		if (link)
			link_get_index(nl, index);
		route_addr_dump(nl, index);
	} while ((r = nl_run(nl, see_addr, &a)) < 0 && errno == EAGAIN);
	return r;
}

struct vias {
	struct address *via;
	int index;
};

static void
see_via(const struct nlmsghdr *answer, int n, void *arg)
{
	struct vias *v = arg;
	struct route r;

	(void)n;
	if (route_read(answer, v->index, &r) && !r.dst.prefix &&
	    r.via.family)
		v->via[plan_via(r.via.family)] = r.via;
}

static int
read_vias(const struct plan_pair *p, struct plan *plan)
{
	struct vias v = { .via = plan->via, .index = p->peer };
	int r;

	do
		route_dump(p->inner, AF_UNSPEC, p->peer);
	while ((r = nl_run(p->inner, see_via, &v)) < 0 && errno == EAGAIN);
	return r;
}

int
plan_read(const struct plan_pair *p, const struct link *host,
    struct link *inner, struct plan *plan, struct errmsg *why)
{
	memset(plan, 0, sizeof(*plan));
	if (plan_addrs(p->host, p->index, NULL, &plan->host, true) < 0)
		return explain(p->host, p->name, why);
	if (plan_addrs(p->inner, p->peer, inner, &plan->local, true) < 0 ||
	    read_vias(p, plan) < 0)
		return explain(p->inner, p->peer_name, why);
	plan->master = host->master;
	plan->mtu = inner->mtu;
	plan->has_mac = true;
	memcpy(plan->mac, inner->mac, sizeof(plan->mac));
	plan->host_up = host->flags & IFF_UP && host->wary &&
	    host->mtu == inner->mtu;
	plan->local_up = inner->flags & IFF_UP;
	return 0;
}
