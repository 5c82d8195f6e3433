/* SPDX-License-Identifier: MIT */
/* request.c - read what is asked of a container's network, strictly */
#define _GNU_SOURCE
#include "net/request.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "net/address.h"
#include "net/netns.h"
#include "base/num.h"

void
request_init(struct network *net)
{
	memset(net, 0, offsetof(struct network, pair[1]));
	net->ns = -1;
	net->n = 1;
	net->guests = 0;
}

void
request_names(struct network *net, const char *name, char netns[IFNAME_ALT_SIZE])
{
	struct pair *own = &net->pair[0];

	net->name = name;
	if (!*own->host && !ifname_host(name, own->host, own->alt))
		*own->alt = '\0';
	snprintf(netns, IFNAME_ALT_SIZE, "net-%s", name);
	if (!net->netns)
		net->netns = netns;
	if (!own->peer)
		own->peer = "eth0";
}

/* addr - an address of that family, if one is given */
static int
addr(struct address *to, int family, const char *text, struct errmsg *why)
{
	if (address_parse(text, to) < 0)
		return errmsg_set(why, "not an address of an interface: %s", text);
	if (family != AF_UNSPEC && to->family != family)
		return errmsg_set(why, "not an IPv%d address: %s",
		    family == AF_INET ? 4 : 6, text);
	return 0;
}

int
request_addr(struct plan_side *side, int family, const char *text,
    struct errmsg *why)
{
	struct address a;

	if (addr(&a, family, text, why) < 0)
		return -1;
	for (int i = 0; i < side->n; i++)
		if (address_same(&side->addr[i], &a))
			return errmsg_set(why, "given twice: %s", text);
	if (side->n == PLAN_ASK)
		return errmsg_set(why, "more than %d addresses: %s", PLAN_ASK,
		    text);
	side->addr[side->n++] = a;
	return 0;
}

int
request_set_gateway(struct plan *plan, int family, const char *text, struct errmsg *why)
{
	struct address a;

	if (addr(&a, family, text, why) < 0)
		return -1;
	if (strchr(text, '/'))
		return errmsg_set(why, "a gateway has no prefix length: %s", text);
	if (plan->via[plan_via(a.family)].family)
		return errmsg_set(why, "a second gateway: %s", text);
	plan->via[plan_via(a.family)] = a;
	return 0;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
request_mac(struct plan *plan, const char *text, struct errmsg *why)
{
	static const uint8_t zero[6];
	const char *s = text;

	for (int i = 0; i < 6; i++, s += 3) {
		int hi = hex(s[0]), lo = hi < 0 ? -1 : hex(s[1]);

		if (lo < 0 || s[2] != (i < 5 ? ':' : '\0'))
			return errmsg_set(why, "not a MAC address: %s", text);
		plan->mac[i] = (uint8_t)(hi << 4 | lo);
	}
	if (plan->mac[0] & 1 || !memcmp(plan->mac, zero, 6))
		return errmsg_set(why, "not the MAC address of one host: %s",
		    text);
	plan->has_mac = true;
	return 0;
}

int
request_mtu(struct plan *plan, const char *text, struct errmsg *why)
{
	long mtu = num_read(text, 65535);

	if (*text == '0' || mtu < 68)
		return errmsg_set(why, "not an MTU of 68 to 65535: %s", text);
	plan->mtu = (uint32_t)mtu;
	return 0;
}

int
request_ifname(struct pair *pair, bool host, const char *text, struct errmsg *why)
{
	if (!ifname_ok(text))
		return errmsg_set(why, "not a name of an interface: %s", text);
	if (!host) {
		pair->peer = text;
		return 0;
	}
	memcpy(pair->host, text, strlen(text) + 1);
	return 0;
}

int
request_bridge(struct pair *pair, const char *text, struct errmsg *why)
{
	if (!ifname_ok(text))
		return errmsg_set(why, "not a name of an interface: %s", text);
	strcpy(pair->bridge, text);
	return 0;
}

/* request_key - one KEY=VALUE of a pair */
static int
request_key(struct pair *pair, char *text, struct errmsg *why)
{
	struct plan *plan = &pair->plan;
	char *value = strchr(text, '=');

	if (!value)
		return errmsg_set(why, "not KEY=VALUE: %s", text);
	*value++ = '\0';
	if (!strcmp(text, "host"))
		return request_addr(&plan->host, AF_UNSPEC, value, why);
	if (!strcmp(text, "local"))
		return request_addr(&plan->local, AF_UNSPEC, value, why);
	if (!strcmp(text, "bridge"))
		return request_bridge(pair, value, why);
	if (!strcmp(text, "mac"))
		return request_mac(plan, value, why);
	if (!strcmp(text, "mtu"))
		return request_mtu(plan, value, why);
	return errmsg_set(why, "not host, local, bridge, mac or mtu: %s", text);
}

int
request_pair(struct network *net, const char *text, struct errmsg *why)
{
	struct pair *pair = &net->pair[net->n];
	char buf[1024], *key, *rest;

	if (net->n == NETWORK_PAIRS)
		return errmsg_set(why, "more than %d pairs: %s", NETWORK_PAIRS - 1,
		    text);
	if ((size_t)snprintf(buf, sizeof(buf), "%s", text) >= sizeof(buf))
		return errmsg_set(why, "too long: %s", text);
	if ((rest = strchr(buf, ':')))
		*rest++ = '\0';
	memset(pair, 0, sizeof(*pair));
	if (request_ifname(pair, true, buf, why) < 0)
		return -1;
	pair->peer = pair->host;
	while ((key = strsep(&rest, ",")))
		if (*key && request_key(pair, key, why) < 0)
			return -1;
	net->n++;
	return 0;
}

int
request_netns(struct network *net, const char *text, struct errmsg *why)
{
	char path[4096];

	if (netns_path(text, path, sizeof(path)) < 0)
		return errmsg_set(why, "not a network namespace: %s", text);
	net->netns = text;
	return 0;
}

/* inside - what the guest is called in the container */
static const char *
inside(const struct nic *guest)
{
	return guest->move ? guest->from : guest->child.name;
}

static int
request_guest(struct network *net, const struct nic *guest, struct errmsg *why)
{
	for (int i = 0; i < net->guests; i++)
		if (!strcmp(inside(&net->guest[i]), inside(guest)))
			return errmsg_set(why, "given twice: %s", inside(guest));
	if (net->guests == NIC_MAX)
		return errmsg_set(why, "more than %d interfaces: %s", NIC_MAX,
		    inside(guest));
	net->guest[net->guests++] = *guest;
	return 0;
}

int
request_move(struct network *net, const char *text, struct errmsg *why)
{
	struct nic guest = { .move = true };

	if (!ifname_ok(text))
		return errmsg_set(why, "not a name of an interface: %s", text);
	strcpy(guest.from, text);
	return request_guest(net, &guest, why);
}

/* mode - by its name; the first is the default */
static int
mode(struct nic *guest, const char *text)
{
	static const struct {
		const char *name, *kind;
		uint16_t mode;
	} all[] = {
		{ "bridge", "macvlan", MACVLAN_MODE_BRIDGE },
		{ "private", "macvlan", MACVLAN_MODE_PRIVATE },
		{ "vepa", "macvlan", MACVLAN_MODE_VEPA },
		{ "passthru", "macvlan", MACVLAN_MODE_PASSTHRU },
		{ "l2", "ipvlan", IPVLAN_MODE_L2 },
		{ "l3", "ipvlan", IPVLAN_MODE_L3 },
		{ "l3s", "ipvlan", IPVLAN_MODE_L3S },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].kind, guest->child.kind) &&
		    (!text || !strcmp(all[i].name, text))) {
			guest->child.mode = all[i].mode;
			return 0;
		}
	return -1;
}

int
request_child(struct network *net, bool ipvlan, const char *text, struct errmsg *why)
{
	struct nic guest = { .child.kind = ipvlan ? "ipvlan" : "macvlan" };
	char buf[64], *name, *how = NULL;

	if ((size_t)snprintf(buf, sizeof(buf), "%s", text) >= sizeof(buf))
		return errmsg_set(why, "not IFNAME[:NAME[:MODE]]: %s", text);
	if ((name = strchr(buf, ':')))
		*name++ = '\0';
	if (name && (how = strchr(name, ':')))
		*how++ = '\0';
	if (!ifname_ok(buf) || (name && *name && !ifname_ok(name)))
		return errmsg_set(why, "not a name of an interface: %s", text);
	strcpy(guest.from, buf);
	if (name && *name)
		strcpy(guest.child.name, name);
	else
		snprintf(guest.child.name, sizeof(guest.child.name),
		    "%cv-%.12s", ipvlan ? 'i' : 'm', guest.from);
	if (mode(&guest, how) < 0)
		return errmsg_set(why, "not a mode of %s: %s",
		    guest.child.kind, text);
	return request_guest(net, &guest, why);
}

/* first - the first address of that family, or NULL */
static const struct address *
first(const struct plan_side *side, int family)
{
	for (int i = 0; i < side->n; i++)
		if (side->addr[i].family == family)
			return &side->addr[i];
	return NULL;
}

static bool
holds(const struct plan_side *side, const struct address *a)
{
	for (int i = 0; i < side->n; i++)
		if (address_same(&side->addr[i], a))
			return true;
	return false;
}

static int
via_done(struct plan *plan, int family, bool defroute, struct errmsg *why)
{
	struct address *via = &plan->via[plan_via(family)];
	const struct address *host = first(&plan->host, family);
	char text[ADDRESS_TEXT];

	if (!via->family && defroute && host && first(&plan->local, family)) {
		*via = *host;
		via->prefix = (uint8_t)address_bits(via);
		return 0;
	}
	if (!via->family)
		return 0;
	address_text(via, false, text);
	if (!defroute)
		return errmsg_set(why, "a gateway but no default route: %s", text);
	if (!first(&plan->local, family))
		return errmsg_set(why, "gateway %s, but the container has no "
		    "IPv%d address", text, family == AF_INET ? 4 : 6);
	if (holds(&plan->local, via))
		return errmsg_set(why, "the container as its own gateway: %s",
		    text);
	return 0;
}

/* bare_done - no pair, so nothing is to be asked of one */
static int
bare_done(const struct network *net, struct errmsg *why)
{
	const struct pair *pair = &net->pair[0];
	const struct plan *plan = &pair->plan;
	const char *what = plan->host.n || plan->local.n ? "an address" :
	    plan->via[0].family || plan->via[1].family ? "a gateway" :
	    plan->has_mac ? "a MAC address" : plan->mtu ? "an MTU" :
	    *pair->bridge ? "a bridge" : NULL;

	return what ? errmsg_set(why, "no pair, but %s for it", what) : 0;
}

static int
pair_done(struct pair *pair, bool defroute, struct errmsg *why)
{
	struct plan *plan = &pair->plan;
	char text[ADDRESS_TEXT];

	if (*pair->bridge && plan->host.n)
		return errmsg_set(why, "an end on a bridge has no address, the "
		    "bridge has: %s",
		    address_text(&plan->host.addr[0], false, text));
	for (int i = 0; i < plan->host.n; i++)
		if (holds(&plan->local, &plan->host.addr[i]))
			return errmsg_set(why, "the same address on both ends: "
			    "%s", address_text(&plan->host.addr[i], false, text));
	if (plan->mtu && plan->mtu < 1280 && (first(&plan->host, AF_INET6) ||
	    first(&plan->local, AF_INET6)))
		return errmsg_set(why, "IPv6 needs an MTU of 1280: %u", plan->mtu);
	if (via_done(plan, AF_INET, defroute, why) < 0)
		return -1;
	return via_done(plan, AF_INET6, defroute, why);
}

/* names_done - no name is given to two interfaces of one side */
static int
names_done(const struct network *net, struct errmsg *why)
{
	for (int i = net->bare; i < net->n; i++) {
		const struct pair *pair = &net->pair[i];

		for (int k = 0; k < net->guests; k++)
			if (!strcmp(inside(&net->guest[k]), pair->peer))
				return errmsg_set(why, "two interfaces of one "
				    "name in the container: %s", pair->peer);
		for (int k = i + 1; k < net->n; k++)
			if (!strcmp(net->pair[k].peer, pair->peer) ||
			    !strcmp(net->pair[k].host, pair->host))
				return errmsg_set(why, "two pairs of one name: %s",
				    net->pair[k].peer);
	}
	return 0;
}

int
request_validate(struct network *net, bool defroute, struct errmsg *why)
{
	if (net->bare && bare_done(net, why) < 0)
		return -1;
	for (int i = net->bare; i < net->n; i++)
		if (pair_done(&net->pair[i], defroute && i == 0, why) < 0)
			return -1;
	return names_done(net, why);
}
