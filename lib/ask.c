/* SPDX-License-Identifier: MIT */
/* ask.c - read what is asked of a container's network, strictly */
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "netns.h"

void
ask_names(struct pair *pair, const char *name, char netns[IFNAME_ALT_SIZE])
{
	if (!*pair->host && !ifname_host(name, pair->host, pair->alt))
		*pair->alt = '\0';
	snprintf(netns, IFNAME_ALT_SIZE, "net-%s", name);
	if (!pair->netns)
		pair->netns = netns;
	if (!pair->peer)
		pair->peer = "eth0";
}

/* addr - an address of that family, if one is given */
static int
addr(struct addr *to, int family, const char *text, struct why *why)
{
	if (addr_parse(text, to) < 0)
		return why_set(why, "not an address of an interface: %s", text);
	if (family != AF_UNSPEC && to->family != family)
		return why_set(why, "not an IPv%d address: %s",
		    family == AF_INET ? 4 : 6, text);
	return 0;
}

int
ask_addr(struct plan_side *side, int family, const char *text,
    struct why *why)
{
	struct addr a;

	if (addr(&a, family, text, why) < 0)
		return -1;
	for (int i = 0; i < side->n; i++)
		if (addr_same(&side->addr[i], &a))
			return why_set(why, "given twice: %s", text);
	if (side->n == PLAN_ASK)
		return why_set(why, "more than %d addresses: %s", PLAN_ASK,
		    text);
	side->addr[side->n++] = a;
	return 0;
}

int
ask_via(struct plan *plan, int family, const char *text, struct why *why)
{
	struct addr a;

	if (addr(&a, family, text, why) < 0)
		return -1;
	if (strchr(text, '/'))
		return why_set(why, "a gateway has no prefix length: %s", text);
	if (plan->via[plan_via(a.family)].family)
		return why_set(why, "a second gateway: %s", text);
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
ask_mac(struct plan *plan, const char *text, struct why *why)
{
	static const uint8_t zero[6];
	const char *s = text;

	for (int i = 0; i < 6; i++, s += 3) {
		int hi = hex(s[0]), lo = hi < 0 ? -1 : hex(s[1]);

		if (lo < 0 || s[2] != (i < 5 ? ':' : '\0'))
			return why_set(why, "not a MAC address: %s", text);
		plan->mac[i] = (uint8_t)(hi << 4 | lo);
	}
	if (plan->mac[0] & 1 || !memcmp(plan->mac, zero, 6))
		return why_set(why, "not the MAC address of one host: %s",
		    text);
	plan->has_mac = true;
	return 0;
}

int
ask_mtu(struct plan *plan, const char *text, struct why *why)
{
	const char *s = text;
	uint32_t v = 0;

	for (; *s >= '0' && *s <= '9' && v <= 65535; s++)
		v = v * 10 + (uint32_t)(*s - '0');
	if (*s || *text == '0' || v < 68 || v > 65535)
		return why_set(why, "not 68 to 65535: %s", text);
	plan->mtu = v;
	return 0;
}

int
ask_ifname(struct pair *pair, bool host, const char *text, struct why *why)
{
	if (!ifname_ok(text))
		return why_set(why, "not a name of an interface: %s", text);
	if (!host) {
		pair->peer = text;
		return 0;
	}
	memcpy(pair->host, text, strlen(text) + 1);
	return 0;
}

int
ask_netns(struct pair *pair, const char *text, struct why *why)
{
	char path[4096];

	if (netns_path(text, path, sizeof(path)) < 0)
		return why_set(why, "not a network namespace: %s", text);
	pair->netns = text;
	return 0;
}

/* first - the first address of that family, or NULL */
static const struct addr *
first(const struct plan_side *side, int family)
{
	for (int i = 0; i < side->n; i++)
		if (side->addr[i].family == family)
			return &side->addr[i];
	return NULL;
}

static bool
holds(const struct plan_side *side, const struct addr *a)
{
	for (int i = 0; i < side->n; i++)
		if (addr_same(&side->addr[i], a))
			return true;
	return false;
}

static int
via_done(struct plan *plan, int family, bool defroute, struct why *why)
{
	struct addr *via = &plan->via[plan_via(family)];
	const struct addr *host = first(&plan->host, family);
	char text[ADDR_TEXT];

	if (!via->family && defroute && host && first(&plan->local, family)) {
		*via = *host;
		via->prefix = (uint8_t)addr_bits(via);
		return 0;
	}
	if (!via->family)
		return 0;
	addr_text(via, false, text);
	if (!defroute)
		return why_set(why, "a gateway but no default route: %s", text);
	if (!first(&plan->local, family))
		return why_set(why, "gateway %s, but the container has no "
		    "IPv%d address", text, family == AF_INET ? 4 : 6);
	if (holds(&plan->local, via))
		return why_set(why, "the container as its own gateway: %s",
		    text);
	return 0;
}

int
ask_done(struct pair *pair, bool defroute, struct why *why)
{
	struct plan *plan = &pair->plan;
	char text[ADDR_TEXT];

	if (pair->bridge && plan->host.n)
		return why_set(why, "an end on a bridge has no address, the "
		    "bridge has: %s",
		    addr_text(&plan->host.addr[0], false, text));
	for (int i = 0; i < plan->host.n; i++)
		if (holds(&plan->local, &plan->host.addr[i]))
			return why_set(why, "the same address on both ends: "
			    "%s", addr_text(&plan->host.addr[i], false, text));
	if (plan->mtu && plan->mtu < 1280 && (first(&plan->host, AF_INET6) ||
	    first(&plan->local, AF_INET6)))
		return why_set(why, "IPv6 needs an MTU of 1280: %u", plan->mtu);
	if (via_done(plan, AF_INET, defroute, why) < 0)
		return -1;
	return via_done(plan, AF_INET6, defroute, why);
}
