/* SPDX-License-Identifier: MIT */
/* monitor.c - wait until others take away what was set in the network */
#define _GNU_SOURCE
#include "net/monitor.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netconf.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/nl.h"
#include "net/query.h"

/* Larger than what the kernel collects in one datagram. */
enum { RX = 1 << 16 };

static const struct {
	const char *name;
	uint8_t family;
} families[] = {
	{ "ip", NFPROTO_IPV4 }, { "ip6", NFPROTO_IPV6 },
	{ "inet", NFPROTO_INET }, { "arp", NFPROTO_ARP },
	{ "bridge", NFPROTO_BRIDGE }, { "netdev", NFPROTO_NETDEV },
};

int
monitor_table(struct monitor *m, const char *text, struct errmsg *why)
{
	size_t n = strcspn(text, ":");

	if (m->tables == MONITOR_TABLES)
		return errmsg_set(why, "more than %d tables", MONITOR_TABLES);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strlen(families[i].name) != n ||
		    strncmp(families[i].name, text, n) != 0 || !text[n] ||
		    !text[n + 1])
			continue;
		m->table[m->tables].family = families[i].family;
		m->table[m->tables++].name = text + n + 1;
		return 0;
	}
	return errmsg_set(why, "--table: expected FAMILY:NAME, such as "
	    "inet:filter: %s", text);
}

int
monitor_open(struct monitor *m, struct errmsg *why)
{
	static const int nft[] = { NFNLGRP_NFTABLES };
	static const int route[] = { RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF };

	m->nft = m->route = -1;
	if (m->tables > 0) {
		m->nft = query_listen(NETLINK_NETFILTER, nft, 1);
		if (m->nft < 0)
			return errmsg_errno(why, "listen to nftables");
	}
	if (m->forwarding) {
		m->route = query_listen(NETLINK_ROUTE, route, 2);
		if (m->route < 0)
			return errmsg_errno(why, "listen to forwarding");
	}
	return 0;
}

/* is_deleted - does the message say that one of our tables is deleted? */
static bool
is_deleted(const struct monitor *m, const struct nlmsghdr *h)
{
	const struct nfgenmsg *nf = mnl_nlmsg_get_payload(h);
	const struct nlattr *name;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*nf))
		return false;
	name = nl_find(h, sizeof(*nf), NFTA_TABLE_NAME);
	for (int i = 0; i < m->tables; i++)
		if (m->table[i].family == nf->nfgen_family &&
		    nl_is(name, m->table[i].name))
			return true;
	return false;
}

/* is_off - does the message say that a family is no longer forwarded? */
static bool
is_off(const struct nlmsghdr *h)
{
	const struct nlattr *index, *forwarding;

	if (h->nlmsg_type != RTM_NEWNETCONF ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct netconfmsg))
		return false;
	index = nl_find(h, sizeof(struct netconfmsg), NETCONFA_IFINDEX);
	forwarding = nl_find(h, sizeof(struct netconfmsg),
	    NETCONFA_FORWARDING);
	return index && forwarding &&
	    (int32_t)nl_number(index) == NETCONFA_IFINDEX_ALL &&
	    nl_number(forwarding) == 0;
}

/* concerns - is there something of that in a datagram? */
static bool
concerns(const struct monitor *m, const char *rx, int len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)rx;

	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		if (is_deleted(m, h) || is_off(h))
			return true;
	return false;
}

/*
 * drain - read all that has come; 1: something has happened, 0: nothing, -1
 *
 * Anyone privileged in the namespace can send to these groups, too: that does
 * not count.
 */
static int
drain(const struct monitor *m, int fd)
{
	static _Alignas(struct nlmsghdr) char rx[RX];
	struct sockaddr_nl from;
	socklen_t size = sizeof(from);
	int happened = 0;
	ssize_t n;

	while (fd >= 0) {
		n = recvfrom(fd, rx, RX, MSG_TRUNC, (struct sockaddr *)&from,
		    &size);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			return -1;
		if ((n < 0 && errno == ENOBUFS) || n > RX)
			happened = 1;
		else if (n > 0 && from.nl_pid == 0 && concerns(m, rx, (int)n))
			happened = 1;
	}
	return happened;
}

int
monitor_wait(struct monitor *m)
{
	struct pollfd p[] = {
		{ .fd = m->nft, .events = POLLIN },
		{ .fd = m->route, .events = POLLIN },
	};
	int nft, route;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -1;
		nft = drain(m, m->nft);
		if (nft < 0)
			return -1;
		route = drain(m, m->route);
		if (route < 0)
			return -1;
		if (nft + route > 0)
			return 0;
	}
}
