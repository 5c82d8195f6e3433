/* SPDX-License-Identifier: MIT */
/*
 * verify.c - what the messages of an add would change
 *
 * An add sends some messages that find everything done: the kernel does nothing
 * then.  So for each message, ask for what it would set.
 */
#include "net/verify.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <string.h>

#include "base/visible.h"
#include "net/addressing.h"
#include "net/explain.h"
#include "net/link.h"
#include "net/route.h"

void
verify_say(struct verify *v, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (v->name)
		fprintf(v->out, "%s: ", v->name);
	visible_line(v->out, text);
	putc('\n', v->out);
	v->n++;
}

enum { DUMP_TRIES = 10 };	/* if the routes change meanwhile */

/* A message, and the socket that it was to be sent through. */
struct message {
	struct verify *v;
	struct nl *nl;
	const char *netns;	/* NULL: the host's */
	const struct nlmsghdr *h;
	int index;		/* of the link that it changes */
};

static void
on_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

/* read_link - index 0: there is no such link */
static void
read_link(const struct message *m, int index, struct link *link)
{
	memset(link, 0, sizeof(*link));
	link_get_index(m->nl, index);
	if (nl_run(m->nl, on_link, link) < 0)
		link->index = 0;
}

/* say - what differs about the link, with its name */
__attribute__((format(printf, 2, 3)))
static void
say(const struct message *m, const char *fmt, ...)
{
	char text[256];
	struct link link;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	read_link(m, m->index, &link);
	if (m->netns)
		verify_say(m->v, "%s in %s: %s", link.name, m->netns, text);
	else
		verify_say(m->v, "%s: %s", link.name, text);
}

static void
say_subject(const struct message *m, const char *what)
{
	char subject[EXPLAIN_SUBJECT];

	explain_subject(m->h, subject, sizeof(subject));
	say(m, "%s %s", subject, what);
}

static void
check_master(const struct message *m, const struct link *now, int master)
{
	struct link bridge;

	if (now->master == master)
		return;
	read_link(m, master ? master : now->master, &bridge);
	say(m, "is %son bridge %s", master ? "not " : "", bridge.name);
}

static void
check_mac(const struct message *m, const struct link *now, const uint8_t *mac)
{
	const uint8_t *is = now->mac;

	if (memcmp(is, mac, 6) != 0)
		say(m, "MAC address is %02x:%02x:%02x:%02x:%02x:%02x, "
		    "not %02x:%02x:%02x:%02x:%02x:%02x",
		    is[0], is[1], is[2], is[3], is[4], is[5],
		    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* check_attr - does the link have what the attribute would set? */
static void
check_attr(const struct message *m, const struct nlattr *attr,
    const struct link *now)
{
	uint32_t number = nl_number(attr);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_MASTER:
		check_master(m, now, (int)number);
		break;
	case IFLA_ADDRESS:
		check_mac(m, now, mnl_attr_get_payload(attr));
		break;
	case IFLA_MTU:
		if (now->mtu != number)
			say(m, "MTU is %u, not %u", now->mtu, number);
		break;
	case IFLA_AF_SPEC:
		if (!now->ignores_ra)
			say(m, "accepts router advertisements or redirects");
		break;
	case IFLA_LINKINFO:
		if (now->learns)
			say(m, "its port of the bridge learns MAC addresses");
		break;
	case IFLA_GROUP:
		say(m, "is not in group %u", number);
		break;
	default:
		say(m, "attribute %d differs", mnl_attr_get_type(attr));
	}
}

static void
check_link(const struct message *m)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(m->h);
	const struct nlattr *attr;
	struct link now;

	read_link(m, m->index, &now);
	if (head->ifi_change & IFF_UP && !(now.flags & IFF_UP))
		say(m, "is down");
	mnl_attr_for_each(attr, m->h, sizeof(*head)) {
		check_attr(m, attr, &now);
	}
}

/* check_address - others may have set it, without our mark */
static void
check_address(const struct message *m)
{
	struct address_list list = { .n = 0 };
	struct address addr;

	if (addressing_list(m->nl, m->index, NULL, &list, false) == 0 &&
	    route_addr_of(m->h, &addr) &&
	    address_list_has(&list, &addr, true))
		return;
	say_subject(m, "is missing");
}

/* A route to look for. */
struct search {
	struct route route;
	int index;
	bool found;
};

static void
on_route(const struct nlmsghdr *answer, int n, void *arg)
{
	struct search *s = arg;
	struct route r;

	(void)n;
	if (route_read(answer, s->index, &r, false) &&
	    address_same(&r.dst, &s->route.dst) &&
	    r.dst.prefix == s->route.dst.prefix &&
	    address_same(&r.via, &s->route.via))
		s->found = true;
}

/* has_route - ask for the one route first: the host may have very many */
static bool
has_route(const struct message *m)
{
	struct search s = { .index = m->index };
	const struct address *dst = &s.route.dst;
	int r = -1;

	(void)route_read(m->h, m->index, &s.route, true);
	if (dst->prefix == address_bits(dst)) {
		route_get(m->nl, dst);
		nl_allow(m->nl, NL_ANY);
		(void)nl_run(m->nl, on_route, &s);
	}
	for (int i = 0; i < DUMP_TRIES && r < 0 && !s.found; i++) {
		route_dump(m->nl, dst->family, m->index, false);
		r = nl_run(m->nl, on_route, &s);
	}
	return s.found;
}

static void
on_pin(const struct nlmsghdr *answer, int n, void *arg)
{
	struct search *s = arg;

	(void)n;
	s->found = link_is_pinned(answer, s->index);
}

/* check_pin - for a port of a bridge of the kernel; others have no entries */
static void
check_pin(const struct message *m)
{
	struct search s = { .index = m->index };
	const struct nlattr *attr;
	struct link now;

	read_link(m, m->index, &now);
	if (now.port < 0)
		return;
	mnl_attr_for_each(attr, m->h, sizeof(struct ndmsg)) {
		if (mnl_attr_get_type(attr) == NDA_LLADDR)
			link_get_pin(m->nl, m->index,
			    mnl_attr_get_payload(attr));
	}
	nl_allow(m->nl, NL_ANY);
	(void)nl_run(m->nl, on_pin, &s);
	if (!s.found)
		say(m, "its MAC address is not fixed in the bridge");
}

/* link_of - the index of the link that a message changes */
static int
link_of(const struct nlmsghdr *h)
{
	const void *head = mnl_nlmsg_get_payload(h);

	switch (h->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return (int)((const struct ifaddrmsg *)head)->ifa_index;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_oif(h);
	case RTM_NEWNEIGH:
		return ((const struct ndmsg *)head)->ndm_ifindex;
	default:
		return ((const struct ifinfomsg *)head)->ifi_index;
	}
}

static void
check(const struct message *m)
{
	static const char stale[] = "is not in its settings";

	switch (m->h->nlmsg_type) {
	case RTM_NEWLINK:
		check_link(m);
		break;
	case RTM_DELLINK:
		say(m, stale);
		break;
	case RTM_NEWADDR:
		check_address(m);
		break;
	case RTM_DELADDR:
		say_subject(m, stale);
		break;
	case RTM_NEWROUTE:
		if (!has_route(m))
			say_subject(m, "is missing");
		break;
	case RTM_DELROUTE:
		if (has_route(m))
			say_subject(m, stale);
		break;
	case RTM_NEWNEIGH:
		check_pin(m);
		break;
	default:
		say(m, "differs (message %d)", m->h->nlmsg_type);
	}
}

static void
on_host(struct nl *nl, const struct nlmsghdr *h, void *arg)
{
	const struct message m = { arg, nl, NULL, h, link_of(h) };

	check(&m);
}

static void
on_inner(struct nl *nl, const struct nlmsghdr *h, void *arg)
{
	struct verify *v = arg;
	const struct message m = { v, nl, v->netns, h, link_of(h) };

	check(&m);
}

void
verify_socket(struct verify *v, struct nl *nl, const char *netns)
{
	if (netns)
		v->netns = netns;
	nl_withhold(nl, netns ? on_inner : on_host, v);
}
