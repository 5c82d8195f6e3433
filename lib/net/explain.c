/* SPDX-License-Identifier: MIT */
/* explain.c - describe in words which netlink message failed, and why */
#include "net/explain.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"

/* format_attr - format the address in an attribute of the message; "": none */
static void
format_attr(const struct nlmsghdr *h, size_t head, int type, int family,
    int prefix, char buf[ADDRESS_TEXT])
{
	struct address addr = { .family = (uint8_t)family,
	    .prefix = (uint8_t)prefix };
	const struct nlattr *attr;

	buf[0] = '\0';
	mnl_attr_for_each(attr, h, head)
		if (mnl_attr_get_type(attr) == type) {
			memcpy(addr.byte, mnl_attr_get_payload(attr),
			    (size_t)address_bits(&addr) / 8);
			address_text(&addr, prefix != address_bits(&addr), buf);
		}
}

static void
describe_route(const struct nlmsghdr *h, char *buf, size_t size)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	const struct address any = { .family = rtm->rtm_family };
	char to[ADDRESS_TEXT], gateway[ADDRESS_TEXT];
	const char *what = "default route", *via = "";

	format_attr(h, sizeof(*rtm), RTA_DST, rtm->rtm_family,
	    rtm->rtm_dst_len, to);
	format_attr(h, sizeof(*rtm), RTA_GATEWAY, rtm->rtm_family,
	    address_bits(&any), gateway);
	if (*to)
		what = "route to ";
	if (*gateway)
		via = " via ";
	snprintf(buf, size, "%s%s%s%s", what, to, via, gateway);
}

void
explain_subject(const struct nlmsghdr *h, char *buf, size_t size)
{
	const void *head = mnl_nlmsg_get_payload(h);
	const struct ifaddrmsg *ifa = head;
	char addr[ADDRESS_TEXT];

	switch (h->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
	case RTM_GETADDR:
		format_attr(h, sizeof(*ifa), IFA_LOCAL, ifa->ifa_family,
		    ifa->ifa_prefixlen, addr);
		if (*addr)
			snprintf(buf, size, "address %s", addr);
		else
			snprintf(buf, size, "addresses");
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_GETROUTE:
		describe_route(h, buf, size);
		break;
	case RTM_NEWLINKPROP:
		snprintf(buf, size, "alternative name");
		break;
	default:
		*buf = '\0';
	}
}

int
explain(const struct nl *nl, const char *link, struct errmsg *why)
{
	const struct nlmsghdr *h = nl_failed(nl);
	const char *reason = strerror(errno), *action = "";
	char what[EXPLAIN_SUBJECT];

	if (!h)
		return errmsg_set(why, "netlink request for %s: %s", link, reason);
	if (*nl->text)
		reason = nl->text;
	if (h->nlmsg_type == RTM_DELLINK)
		action = "cannot remove: ";
	explain_subject(h, what, sizeof(what));
	return errmsg_set(why, "%s%s%s: %s%s", *what ? what : "link",
	    *what ? " on " : " ", link, action, reason);
}
