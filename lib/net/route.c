/* SPDX-License-Identifier: MIT */
/* route.c - rtnetlink messages about addresses and routes */
#include "net/route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static size_t
bytes(const struct address *addr)
{
	return (size_t)address_bits(addr) / 8;
}

static void
addr_msg(struct nl *nl, uint16_t type, uint16_t flags, int index,
    const struct address *addr)
{
	struct ifaddrmsg head = {
		.ifa_family = addr->family,
		.ifa_prefixlen = addr->prefix,
		.ifa_flags = addr->family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)index,
	};

	nl_msg(nl, type, flags, &head, sizeof(head));
	nl_put(nl, IFA_LOCAL, addr->byte, bytes(addr));
	nl_put(nl, IFA_ADDRESS, addr->byte, bytes(addr));
}

void
route_addr_new(struct nl *nl, int index, const struct address *addr)
{
	addr_msg(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, addr);
	nl_put_u8(nl, IFA_PROTO, ROUTE_PROTO);
}

void
route_addr_del(struct nl *nl, int index, const struct address *addr)
{
	addr_msg(nl, RTM_DELADDR, 0, index, addr);
	nl_allow(nl, EADDRNOTAVAIL);
}

void
route_addr_del_any(struct nl *nl, int index)
{
	struct ifaddrmsg head = {
		.ifa_family = AF_INET,
		.ifa_index = (uint32_t)index,
	};

	nl_msg(nl, RTM_DELADDR, 0, &head, sizeof(head));
	nl_allow(nl, NL_ANY);
}

void
route_addr_dump(struct nl *nl, int index)
{
	struct ifaddrmsg head = { .ifa_index = (uint32_t)index };

	nl_msg(nl, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
}

/* copy_address - copy an address attribute; of a wrong length: family 0 */
static void
copy_address(struct address *addr, int family, const struct nlattr *attr)
{
	size_t n = mnl_attr_get_payload_len(attr);

	addr->family = (uint8_t)family;
	if (n == bytes(addr))
		memcpy(addr->byte, mnl_attr_get_payload(attr), n);
	else
		addr->family = 0;
}

bool
route_addr_of(const struct nlmsghdr *message, struct address *addr)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	memset(addr, 0, sizeof(*addr));
	addr->prefix = head->ifa_prefixlen;
	mnl_attr_for_each(attr, message, sizeof(*head)) {
		int type = mnl_attr_get_type(attr);

		/* On a point-to-point link IFA_ADDRESS is the other end's. */
		if (type == IFA_LOCAL ||
		    (type == IFA_ADDRESS && !addr->family))
			copy_address(addr, head->ifa_family, attr);
	}
	return addr->family != 0;
}

bool
route_addr_read(const struct nlmsghdr *answer, int index,
    struct address *addr, bool *ours)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;

	*ours = false;
	if (answer->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*head) ||
	    head->ifa_index != (uint32_t)index ||
	    head->ifa_scope >= RT_SCOPE_LINK ||
	    !(head->ifa_flags & IFA_F_PERMANENT) ||
	    (head->ifa_family != AF_INET && head->ifa_family != AF_INET6))
		return false;
	mnl_attr_for_each(attr, answer, sizeof(*head))
		if (mnl_attr_get_type(attr) == IFA_PROTO &&
		    mnl_attr_get_payload_len(attr) == 1)
			*ours = mnl_attr_get_u8(attr) == ROUTE_PROTO;
	return route_addr_of(answer, addr);
}

static void
route_msg(struct nl *nl, uint16_t type, uint16_t flags, int index,
    const struct route *route)
{
	bool direct = !route->via.family && route->dst.family == AF_INET;
	struct rtmsg head = {
		.rtm_family = route->dst.family,
		.rtm_dst_len = route->dst.prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = ROUTE_PROTO,
		.rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	nl_msg(nl, type, flags, &head, sizeof(head));
	if (route->dst.prefix)
		nl_put(nl, RTA_DST, route->dst.byte, bytes(&route->dst));
	if (route->via.family)
		nl_put(nl, RTA_GATEWAY, route->via.byte, bytes(&route->via));
	nl_put_u32(nl, RTA_OIF, (uint32_t)index);
}

void
route_new(struct nl *nl, int index, const struct route *route, bool replace)
{
	uint16_t how = replace ? NLM_F_REPLACE : NLM_F_EXCL;

	route_msg(nl, RTM_NEWROUTE, NLM_F_CREATE | how, index, route);
}

void
route_del(struct nl *nl, int index, const struct route *route)
{
	route_msg(nl, RTM_DELROUTE, 0, index, route);
	nl_allow(nl, ESRCH);
}

void
route_dump(struct nl *nl, int family, int index, bool ours)
{
	struct rtmsg head = {
		.rtm_family = (uint8_t)family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = ours ? ROUTE_PROTO : RTPROT_UNSPEC,
	};

	nl_msg(nl, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
	nl_put_u32(nl, RTA_OIF, (uint32_t)index);
	/* A namespace that never had a route has no table. */
	nl_allow(nl, ENOENT);
}

/* is_main - is it about a route in the main table? */
static bool
is_main(const struct nlmsghdr *h)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(h);

	return (h->nlmsg_type == RTM_NEWROUTE ||
	    h->nlmsg_type == RTM_DELROUTE) &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(*head) &&
	    head->rtm_table == RT_TABLE_MAIN;
}

bool
route_read(const struct nlmsghdr *answer, int index, struct route *route,
    bool ours)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;
	uint32_t oif = 0;

	memset(route, 0, sizeof(*route));
	if (!is_main(answer) || (ours && head->rtm_protocol != ROUTE_PROTO))
		return false;
	route->dst.family = head->rtm_family;
	route->dst.prefix = head->rtm_dst_len;
	mnl_attr_for_each(attr, answer, sizeof(*head)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			copy_address(&route->dst, head->rtm_family, attr);
			break;
		case RTA_GATEWAY:
			copy_address(&route->via, head->rtm_family, attr);
			break;
		case RTA_OIF:
			oif = nl_number(attr);
			break;
		}
	}
	return oif == (uint32_t)index;
}

void
route_get(struct nl *nl, const struct address *addr)
{
	struct rtmsg head = {
		.rtm_family = addr->family,
		.rtm_dst_len = (uint8_t)address_bits(addr),
		.rtm_flags = RTM_F_FIB_MATCH,
	};

	nl_msg(nl, RTM_GETROUTE, 0, &head, sizeof(head));
	nl_put(nl, RTA_DST, addr->byte, bytes(addr));
}

int
route_oif(const struct nlmsghdr *answer)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;

	if (!is_main(answer))
		return 0;
	mnl_attr_for_each(attr, answer, sizeof(*head))
		if (mnl_attr_get_type(attr) == RTA_OIF)
			return (int)nl_number(attr);
	return 0;
}
