/* SPDX-License-Identifier: MIT */
/* lastrule.c - whether a chain of nftables ends with a rule that drops all */
#define _GNU_SOURCE
#include "net/lastrule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>

#include "net/nl.h"
#include "net/query.h"

enum effect {
	NEUTRAL,	/* goes on with the next expression */
	DROPS,
	OTHER,		/* compares, or has another verdict */
};

static enum effect
effect_of_verdict(const struct nlattr *data)
{
	const struct nlattr *value, *verdict, *code;

	value = nl_find_nested(data, NFTA_IMMEDIATE_DATA);
	verdict = nl_find_nested(value, NFTA_DATA_VERDICT);
	code = nl_find_nested(verdict, NFTA_VERDICT_CODE);
	return code && ntohl(nl_number(code)) == NF_DROP ? DROPS : OTHER;
}

static enum effect
effect_of(const struct nlattr *expression)
{
	const struct nlattr *name, *data, *target;

	name = nl_find_nested(expression, NFTA_EXPR_NAME);
	data = nl_find_nested(expression, NFTA_EXPR_DATA);
	if (nl_is(name, "counter") || nl_is(name, "log"))
		return NEUTRAL;
	if (nl_is(name, "reject"))
		return DROPS;
	if (nl_is(name, "immediate"))
		return effect_of_verdict(data);
	target = nl_find_nested(data, NFTA_TARGET_NAME);
	if (nl_is(name, "target") && nl_is(target, "REJECT"))
		return DROPS;
	return OTHER;
}

/* on_rule - the last one that comes decides */
static int
on_rule(const struct nlmsghdr *answer, void *arg)
{
	const struct nlattr *expressions, *each;
	enum effect effect = NEUTRAL;
	bool *drops = arg;

	*drops = false;
	if (mnl_nlmsg_get_payload_len(answer) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	expressions = nl_find(answer, sizeof(struct nfgenmsg),
	    NFTA_RULE_EXPRESSIONS);
	if (!expressions)
		return MNL_CB_OK;
	mnl_attr_for_each_nested(each, expressions) {
		effect = effect_of(each);
		if (effect != NEUTRAL)
			break;
	}
	*drops = effect == DROPS;
	return MNL_CB_OK;
}

int
lastrule_drops(int fd, uint8_t family, const char *table, const char *chain)
{
	_Alignas(8) char tx[QUERY_TX + 2 * NFT_NAME_MAXLEN];
	struct nlmsghdr *request = mnl_nlmsg_put_header(tx);
	struct nfgenmsg *head;
	bool drops = false;

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = family;
	head->version = NFNETLINK_V0;
	mnl_attr_put_strz(request, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain);
	if (query_run(fd, request, on_rule, &drops) < 0)
		return errno == ENOENT ? 0 : -1;
	return drops;
}
