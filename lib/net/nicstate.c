/* SPDX-License-Identifier: MIT */
/*
 * nicstate.c - what a host interface was before a container had it
 *
 * The container's root can change all of it, and the kernel takes it along when
 * the interface returns.  Addresses, routes, queueing and sysctls it removes by
 * itself.
 */
#define _GNU_SOURCE
#include "net/nicstate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/fd.h"
#include "net/link.h"

/* Since Linux 5.14, 5.19 and 6.3; musl-gcc may have older headers. */
enum {
	PARENT_DEV_NAME = 56,
	PARENT_DEV_BUS_NAME = 57,
	GRO_MAX_SIZE = 58,
	GSO_IPV4_MAX_SIZE = 63,
	GRO_IPV4_MAX_SIZE = 64,
};

/* Messages in a batch; each may have a long name. */
enum { BATCH = 40 };

static void
on_link(const struct nlmsghdr *answer, int n, void *arg)
{
	struct nicstate *state = arg;

	(void)n;
	if (answer->nlmsg_type != RTM_NEWLINK ||
	    answer->nlmsg_len > sizeof(state->message))
		return;
	state->len = answer->nlmsg_len;
	memcpy(state->message, answer, state->len);
}

int
nicstate_read(struct nl *nl, int index, struct nicstate *state)
{
	state->len = 0;
	link_get_index(nl, index);
	return nl_run(nl, on_link, state);
}

int
nicstate_save(const char *path, const struct nicstate *state)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -1;
	return fd_write_all(fd, state->message, state->len);
}

static const struct nlmsghdr *
message(const struct nicstate *state)
{
	return (const struct nlmsghdr *)state->message;
}

int
nicstate_load(const char *path, struct nicstate *state)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	state->len = 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return -1;
	n = fd_read_max(fd, state->message, sizeof(state->message));
	if (n < 0)
		return -1;
	if (n > (ssize_t)sizeof(struct nlmsghdr) &&
	    mnl_nlmsg_ok(message(state), (int)n))
		state->len = (size_t)n;
	return 0;
}

static const struct nlattr *
find(const struct nlmsghdr *h, int type)
{
	return nl_find(h, sizeof(struct ifinfomsg), type);
}

/* same - have both the same bytes, or both none? */
static bool
same(const struct nlattr *a, const struct nlattr *b)
{
	if (!a || !b)
		return a == b;
	return a->nla_len == b->nla_len && !memcmp(mnl_attr_get_payload(a),
	    mnl_attr_get_payload(b), mnl_attr_get_payload_len(a));
}

/* has_alt - is this one of the altnames? */
static bool
has_alt(const struct nlmsghdr *h, const struct nlattr *alt)
{
	const struct nlattr *list = find(h, IFLA_PROP_LIST), *attr;

	if (list)
		mnl_attr_for_each_nested(attr, list)
			if (same(attr, alt))
				return true;
	return false;
}

/* flush - send the batch if it is about to be full */
static int
flush(struct nl *nl)
{
	if (nl->n < BATCH)
		return 0;
	return nl_run(nl, NULL, NULL);
}

/*
 * put_alts - add or remove the altnames that only one of both has
 *
 * type: RTM_NEWLINKPROP or RTM_DELLINKPROP.
 */
static int
put_alts(struct nl *nl, int index, uint16_t type, const struct nlmsghdr *has,
    const struct nlmsghdr *lacks)
{
	struct ifinfomsg head = { .ifi_index = index };
	const struct nlattr *list = find(has, IFLA_PROP_LIST), *attr;
	struct nlattr *props;

	if (!list)
		return 0;
	mnl_attr_for_each_nested(attr, list) {
		if (has_alt(lacks, attr))
			continue;
		nl_msg(nl, type, type == RTM_NEWLINKPROP ?
		    NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND : 0,
		    &head, sizeof(head));
		props = nl_nest(nl, IFLA_PROP_LIST);
		nl_put(nl, IFLA_ALT_IFNAME, mnl_attr_get_payload(attr),
		    mnl_attr_get_payload_len(attr));
		nl_nest_end(nl, props);
		nl_allow(nl, NL_ANY);
		if (flush(nl) < 0)
			return -1;
	}
	return 0;
}

/*
 * put_proto_down - a link stays down as long as there is a reason for it
 *
 * Linux 5.10 has the reasons; before, they are ignored.
 */
static void
put_proto_down(struct nl *nl, int index, const struct nlmsghdr *was)
{
	static const uint8_t off;
	const struct nlattr *old = find(was, IFLA_PROTO_DOWN);
	const struct nlattr *reason = find(was, IFLA_PROTO_DOWN_REASON), *attr;
	struct ifinfomsg head = { .ifi_index = index };
	struct nlattr *nest;
	uint32_t value = 0;

	if (reason)
		mnl_attr_for_each_nested(attr, reason)
			if (mnl_attr_get_type(attr) ==
			    IFLA_PROTO_DOWN_REASON_VALUE)
				value = nl_number(attr);
	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	nest = nl_nest(nl, IFLA_PROTO_DOWN_REASON);
	nl_put_u32(nl, IFLA_PROTO_DOWN_REASON_MASK, ~0U);
	nl_put_u32(nl, IFLA_PROTO_DOWN_REASON_VALUE, value);
	nl_nest_end(nl, nest);
	nl_put(nl, IFLA_PROTO_DOWN, old ? mnl_attr_get_payload(old) : &off, 1);
}

/* put_flags - with IFF_UP only if up and was */
static void
put_flags(struct nl *nl, int index, const struct nlmsghdr *was, bool up)
{
	const struct ifinfomsg *old = mnl_nlmsg_get_payload(was);
	struct ifinfomsg head = {
		.ifi_index = index,
		.ifi_flags = old->ifi_flags,
		.ifi_change = IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_NOARP |
		    IFF_DEBUG | IFF_MULTICAST | IFF_DYNAMIC | IFF_NOTRAILERS |
		    IFF_PORTSEL | IFF_AUTOMEDIA,
	};

	if (!up)
		head.ifi_flags &= ~(unsigned int)IFF_UP;
	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
}

/* put_changed - a message for each attribute that differs */
static void
put_changed(struct nl *nl, int index, const struct nlmsghdr *was,
    const struct nlmsghdr *now)
{
	static const uint16_t types[] = { IFLA_ADDRESS, IFLA_BROADCAST,
	    IFLA_MTU, IFLA_GROUP, IFLA_TXQLEN, IFLA_LINKMODE,
	    IFLA_GSO_MAX_SEGS, IFLA_GSO_MAX_SIZE, GRO_MAX_SIZE,
	    GSO_IPV4_MAX_SIZE, GRO_IPV4_MAX_SIZE, IFLA_IFALIAS };
	struct ifinfomsg head = { .ifi_index = index };

	if (!same(find(was, IFLA_PROTO_DOWN), find(now, IFLA_PROTO_DOWN)) ||
	    !same(find(was, IFLA_PROTO_DOWN_REASON),
	    find(now, IFLA_PROTO_DOWN_REASON)))
		put_proto_down(nl, index, was);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const struct nlattr *old = find(was, types[i]);

		/* Of these only the alias can be none, which is set by "". */
		if (same(old, find(now, types[i])) ||
		    (!old && types[i] != IFLA_IFALIAS))
			continue;
		nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
		nl_put(nl, types[i], old ? mnl_attr_get_payload(old) : "",
		    old ? mnl_attr_get_payload_len(old) : 0);
	}
}

static int
put_back(struct nl *nl, int index, const struct nicstate *was, bool up)
{
	struct nicstate now;
	const struct nlmsghdr *then = message(was);

	if (nicstate_read(nl, index, &now) < 0 || now.len == 0)
		return -1;
	if (put_alts(nl, index, RTM_DELLINKPROP, message(&now), then) < 0)
		return -1;
	/* Most devices take another address only when they are down. */
	put_flags(nl, index, then, false);
	put_changed(nl, index, then, message(&now));
	if (nl_run(nl, NULL, NULL) < 0 || !up)
		return -1;
	if (put_alts(nl, index, RTM_NEWLINKPROP, then, message(&now)) < 0)
		return -1;
	put_flags(nl, index, then, true);
	return nl_run(nl, NULL, NULL);
}

void
nicstate_strip(struct nl *nl, int index, const struct nicstate *was)
{
	if (was->len)
		(void)put_back(nl, index, was, false);
}

int
nicstate_restore(struct nl *nl, int index, const struct nicstate *was)
{
	if (was->len == 0)
		return 0;
	return put_back(nl, index, was, true);
}

struct search {
	const struct nlmsghdr *was;
	int index;
};

static void
on_candidate(const struct nlmsghdr *answer, int n, void *arg)
{
	static const int types[] = { IFLA_PERM_ADDRESS, PARENT_DEV_NAME,
	    PARENT_DEV_BUS_NAME };
	struct search *search = arg;
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(answer);

	(void)n;
	if (answer->nlmsg_type != RTM_NEWLINK)
		return;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!same(find(search->was, types[i]), find(answer, types[i])))
			return;
	search->index = head->ifi_index;
}

int
nicstate_find(struct nl *nl, const struct nicstate *was, int *index)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct search search = { message(was), 0 };
	int r;

	*index = 0;
	if (was->len == 0 || (!find(message(was), IFLA_PERM_ADDRESS) &&
	    !find(message(was), PARENT_DEV_NAME)))
		return 0;
	do {
		nl_msg(nl, RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head));
		nl_put_u32(nl, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		r = nl_run(nl, on_candidate, &search);
	} while (r < 0 && errno == EAGAIN);
	*index = search.index;
	return r;
}
