/* SPDX-License-Identifier: MIT */
/* policy.c - whether a firewall of the host drops forwarded packets */
#define _GNU_SOURCE
#include "net/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/nl.h"
#include "net/query.h"

struct search {
	uint8_t family;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	char *text;
	bool found;
};

/* big - the number of an attribute in network order, or ~0 without it */
static uint32_t
big(const struct nlattr *attr)
{
	return attr ? ntohl(nl_number(attr)) : ~0U;
}

static const char *
text_of(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return "?";
	return mnl_attr_get_str(attr);
}

static const char *
family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_IPV6: return "ip6";
	default: return "inet";
	}
}

static int
on_chain(const struct nlmsghdr *answer, void *arg)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *hook;
	struct search *s = arg;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*head) ||
	    (head->nfgen_family != s->family &&
	    head->nfgen_family != NFPROTO_INET))
		return MNL_CB_OK;
	hook = nl_find(answer, sizeof(*head), NFTA_CHAIN_HOOK);
	if (big(nl_find(answer, sizeof(*head), NFTA_CHAIN_POLICY)) != NF_DROP ||
	    big(nl_find_nested(hook, NFTA_HOOK_HOOKNUM)) != NF_INET_FORWARD)
		return MNL_CB_OK;
	snprintf(s->text, POLICY_TEXT, "%s %s %s",
	    family_name(head->nfgen_family),
	    text_of(nl_find(answer, sizeof(*head), NFTA_CHAIN_TABLE)),
	    text_of(nl_find(answer, sizeof(*head), NFTA_CHAIN_NAME)));
	s->found = true;
	return MNL_CB_OK;
}

int
policy_drops(int family, char text[POLICY_TEXT])
{
	auto_close int fd = query_open(NETLINK_NETFILTER);
	_Alignas(8) char tx[QUERY_TX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(tx);
	struct nfgenmsg *head;
	struct search s = { .family = family == AF_INET ? NFPROTO_IPV4 :
	    NFPROTO_IPV6, .text = text };
	int r;

	if (fd < 0)
		return -1;
	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = NFPROTO_UNSPEC;
	head->version = NFNETLINK_V0;
	do
		r = query_run(fd, request, on_chain, &s);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -1;
	return s.found;
}
