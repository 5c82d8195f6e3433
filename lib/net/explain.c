/* SPDX-License-Identifier: MIT */
/* explain.c - say in words which netlink message failed, and why */
#include "net/explain.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"

/* attr_addr - the address in an attribute of the message, "" if none */
static const char *
attr_addr(const struct nlmsghdr *h, size_t head, int type, int family,
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
	return buf;
}

static void
subject(const struct nlmsghdr *h, char *buf, size_t size)
{
	const void *head = mnl_nlmsg_get_payload(h);
	const struct ifaddrmsg *ifa = head;
	const struct rtmsg *rtm = head;
	char a[ADDRESS_TEXT], b[ADDRESS_TEXT];

	switch (h->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
	case RTM_GETADDR:
		attr_addr(h, sizeof(*ifa), IFA_LOCAL, ifa->ifa_family,
		    ifa->ifa_prefixlen, a);
		snprintf(buf, size, "address%s%s on ", *a ? " " : "es", a);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_GETROUTE:
		attr_addr(h, sizeof(*rtm), RTA_DST, rtm->rtm_family,
		    rtm->rtm_dst_len, a);
		attr_addr(h, sizeof(*rtm), RTA_GATEWAY, rtm->rtm_family,
		    rtm->rtm_family == AF_INET ? 32 : 128, b);
		snprintf(buf, size, "%s%s%s%s on ",
		    *a ? "route to " : "default route", a,
		    *b ? " via " : "", b);
		break;
	case RTM_NEWLINKPROP:
		snprintf(buf, size, "alternative name of ");
		break;
	default:
		snprintf(buf, size, "link ");
	}
}

int
explain(const struct nl *nl, const char *link, struct errmsg *why)
{
	const struct nlmsghdr *h = nl_failed(nl);
	char what[2 * ADDRESS_TEXT + 32] = "netlink about ";

	if (h)
		subject(h, what, sizeof(what));
	return errmsg_set(why, "%s%s: %s%s", what, link,
	    h && h->nlmsg_type == RTM_DELLINK ? "cannot remove: " : "",
	    h && *nl->text ? nl->text : strerror(errno));
}
