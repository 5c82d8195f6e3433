/* SPDX-License-Identifier: MIT */
/* inuse.c - which networks the host uses by itself */
#define _GNU_SOURCE
#include "net/inuse.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/nl.h"

struct report {
	inuse_each *each;
	void *arg;
};

/* size_of - of an address of this family, or 0 if it is another one */
static size_t
size_of(int family)
{
	if (family == AF_INET)
		return 4;
	if (family == AF_INET6)
		return 16;
	return 0;
}

static void
report(const struct report *to, int family, const struct nlattr *attr,
    int prefix)
{
	if (mnl_attr_get_payload_len(attr) == size_of(family))
		to->each(family, mnl_attr_get_payload(attr), prefix, to->arg);
}

static void
on_address(const struct nlmsghdr *answer, const struct report *to)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;
	size_t size;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*head))
		return;
	size = size_of(head->ifa_family);
	if (size == 0)
		return;
	/* The prefix is that of IFA_ADDRESS, the peer's or the same. */
	mnl_attr_for_each(attr, answer, sizeof(*head)) {
		if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			report(to, head->ifa_family, attr, head->ifa_prefixlen);
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			report(to, head->ifa_family, attr, (int)size * 8);
	}
}

static void
on_route(const struct nlmsghdr *answer, const struct report *to)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*head) ||
	    size_of(head->rtm_family) == 0 ||
	    (head->rtm_flags & RTM_F_CLONED) ||
	    (head->rtm_table != RT_TABLE_MAIN &&
	    head->rtm_table != RT_TABLE_LOCAL))
		return;
	mnl_attr_for_each(attr, answer, sizeof(*head))
		if (mnl_attr_get_type(attr) == RTA_DST)
			report(to, head->rtm_family, attr, head->rtm_dst_len);
}

static void
on_answer(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	if (answer->nlmsg_type == RTM_NEWADDR)
		on_address(answer, arg);
	else if (answer->nlmsg_type == RTM_NEWROUTE)
		on_route(answer, arg);
}

static int
dump_addresses(struct nl *nl, struct report *to)
{
	const struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };

	nl_msg(nl, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
	return nl_run(nl, on_answer, to);
}

static int
dump_routes(struct nl *nl, struct report *to)
{
	const struct rtmsg head = { .rtm_family = AF_UNSPEC };

	nl_msg(nl, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
	return nl_run(nl, on_answer, to);
}

/* repeat - run a dump until nothing interrupts it */
static int
repeat(int (*dump)(struct nl *nl, struct report *to), struct nl *nl,
    struct report *to)
{
	int r;

	do
		r = dump(nl, to);
	while (r < 0 && errno == EAGAIN);
	return r;
}

int
inuse_read(inuse_each *each, void *arg)
{
	struct report to = { each, arg };
	struct nl nl;
	int r, e;

	r = nl_open(&nl);
	if (r == 0)
		r = repeat(dump_addresses, &nl, &to);
	if (r == 0)
		r = repeat(dump_routes, &nl, &to);
	e = errno;
	nl_close(&nl);
	errno = e;
	return r;
}

struct own_report {
	inuse_own_each *each;
	void *arg;
};

static void
on_own(const struct nlmsghdr *answer, int n, void *arg)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(answer);
	const struct own_report *to = arg;
	const struct nlattr *attr;
	const void *own = NULL;
	size_t size;

	(void)n;
	if (answer->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*head))
		return;
	size = size_of(head->ifa_family);
	if (size == 0)
		return;
	mnl_attr_for_each(attr, answer, sizeof(*head)) {
		/* IFA_ADDRESS is that of the peer, if both are there. */
		if (mnl_attr_get_payload_len(attr) == size &&
		    (mnl_attr_get_type(attr) == IFA_LOCAL ||
		    (mnl_attr_get_type(attr) == IFA_ADDRESS && !own)))
			own = mnl_attr_get_payload(attr);
	}
	if (own)
		to->each(head->ifa_family, own, to->arg);
}

int
inuse_own(inuse_own_each *each, void *arg)
{
	const struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
	struct own_report to = { each, arg };
	struct nl nl;
	int r, e;

	r = nl_open(&nl);
	while (r == 0) {
		nl_msg(&nl, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
		r = nl_run(&nl, on_own, &to);
		if (r == 0 || errno != EAGAIN)
			break;
		r = 0;
	}
	e = errno;
	nl_close(&nl);
	errno = e;
	return r;
}

static struct inuse_address
mapped(int family, const unsigned char *byte)
{
	struct inuse_address a = { { [10] = 0xff, [11] = 0xff } };

	if (family == AF_INET)
		memcpy(a.byte + 12, byte, 4);
	else
		memcpy(a.byte, byte, 16);
	return a;
}

static void
add(int family, const unsigned char *byte, int prefix, void *arg)
{
	struct inuse_list *list = arg;

	if (prefix != (int)size_of(family) * 8 || list->failed)
		return;
	if (list->n == list->room) {
		size_t room = 2 * list->room + 64;
		void *more = reallocarray(list->address, room,
		    sizeof(*list->address));

		list->failed = !more;
		if (!more)
			return;
		list->address = more;
		list->room = room;
	}
	list->address[list->n++] = mapped(family, byte);
}

static int
by_number(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct inuse_address));
}

int
inuse_list(struct inuse_list *list)
{
	if (inuse_read(add, list) < 0)
		return -1;
	if (list->failed) {
		errno = ENOMEM;
		return -1;
	}
	if (list->n > 1)
		qsort(list->address, list->n, sizeof(*list->address), by_number);
	list->known = true;
	return 0;
}

bool
inuse_has(const struct inuse_list *list, int family, const unsigned char *byte)
{
	struct inuse_address key = mapped(family, byte);

	return list->n > 0 && bsearch(&key, list->address, list->n,
	    sizeof(*list->address), by_number);
}
