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
#include <sys/socket.h>

#include "base/fd.h"
#include "net/lastrule.h"
#include "net/nl.h"
#include "net/query.h"

struct chain {
	uint8_t family;
	char table[NFT_NAME_MAXLEN], name[NFT_NAME_MAXLEN];
	bool drops;		/* by its policy */
};

/* Few hosts have more than two at this hook; what is above is not looked at. */
enum { CHAINS = 32 };

struct search {
	uint8_t family;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	int chains;
	struct chain chain[CHAINS];
};

/* big - the number of an attribute in network order, or ~0 without it */
static uint32_t
big(const struct nlattr *attr)
{
	return attr ? ntohl(nl_number(attr)) : ~0U;
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

/* on_chain - note a base chain at the hook forward; others have no hook */
static int
on_chain(const struct nlmsghdr *answer, void *arg)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *hook;
	const char *table, *name;
	struct search *s = arg;
	struct chain *chain;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*head) ||
	    s->chains == CHAINS || (head->nfgen_family != s->family &&
	    head->nfgen_family != NFPROTO_INET))
		return MNL_CB_OK;
	hook = nl_find(answer, sizeof(*head), NFTA_CHAIN_HOOK);
	table = nl_text(nl_find(answer, sizeof(*head), NFTA_CHAIN_TABLE));
	name = nl_text(nl_find(answer, sizeof(*head), NFTA_CHAIN_NAME));
	if (big(nl_find_nested(hook, NFTA_HOOK_HOOKNUM)) != NF_INET_FORWARD ||
	    !table || !name)
		return MNL_CB_OK;
	chain = &s->chain[s->chains++];
	chain->family = head->nfgen_family;
	snprintf(chain->table, sizeof(chain->table), "%s", table);
	snprintf(chain->name, sizeof(chain->name), "%s", name);
	chain->drops = big(nl_find(answer, sizeof(*head),
	    NFTA_CHAIN_POLICY)) == NF_DROP;
	return MNL_CB_OK;
}

/* list - all base chains at the hook forward; 0, or -1 with errno */
static int
list(int fd, struct search *s)
{
	_Alignas(8) char tx[QUERY_TX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(tx);
	struct nfgenmsg *head;
	int r;

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = NFPROTO_UNSPEC;
	head->version = NFNETLINK_V0;
	do {
		s->chains = 0;
		r = query_run(fd, request, on_chain, s);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -1 : 0;
}

/* ends_with_drop - as lastrule_drops, again after a change */
static int
ends_with_drop(int fd, const struct chain *chain)
{
	int r;

	do
		r = lastrule_drops(fd, chain->family, chain->table,
		    chain->name);
	while (r < 0 && errno == EINTR);
	return r;
}

int
policy_drops(int family, char text[POLICY_TEXT])
{
	auto_close int fd = query_open(NETLINK_NETFILTER);
	static struct search s;
	int r;

	s.family = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
	if (fd < 0 || list(fd, &s) < 0)
		return -1;
	for (int i = 0; i < s.chains; i++) {
		r = s.chain[i].drops ? 1 : ends_with_drop(fd, &s.chain[i]);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		snprintf(text, POLICY_TEXT, "%s %s %s",
		    family_name(s.chain[i].family), s.chain[i].table,
		    s.chain[i].name);
		return 1;
	}
	return 0;
}
