/* SPDX-License-Identifier: MIT */
/* nl.c - rtnetlink in batches: many messages, one send, the answers by seq */
#define _GNU_SOURCE
#include "net/nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than the kernel puts in one answer (NLMSG_GOODSIZE). */
enum { RX = 16384 };

int
nl_open(struct nl *nl)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int on = 1;

	nl->seq = 0;
	nl->n = 0;
	nl->len = 0;
	nl->ran = nl->full = false;
	nl->failed = -1;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl->fd < 0)
		return -1;
	/*
	 * Kernels that lack one of these (before 4.12 and 4.20) explain
	 * errors less well and dump more; the answers are filtered anyway.
	 */
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
	    sizeof(on));
	/*
	 * Who rules the namespace, as a container's root does, may send here:
	 * answers of his own, or so much that the kernel's find no room.
	 */
	return connect(nl->fd, (const struct sockaddr *)&kernel,
	    sizeof(kernel));
}

void
nl_close(struct nl *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

static struct nlmsghdr *
last(const struct nl *nl)
{
	return (struct nlmsghdr *)(nl->tx + nl->at[nl->n - 1]);
}

/* room - may the last message grow by len? */
static bool
room(struct nl *nl, size_t len)
{
	if (nl->full || MNL_ALIGN(len) > NL_TX - nl->len)
		nl->full = true;
	return !nl->full;
}

/* grown - the last message has become longer */
static void
grown(struct nl *nl)
{
	nl->len = nl->at[nl->n - 1] + MNL_ALIGN(last(nl)->nlmsg_len);
}

void
nl_msg(struct nl *nl, uint16_t type, uint16_t flags, const void *head,
    size_t len)
{
	struct nlmsghdr *h;

	if (nl->ran) {
		nl->n = 0;
		nl->len = 0;
		nl->ran = nl->full = false;
	}
	if (nl->n == NL_MAX)
		nl->full = true;
	if (!room(nl, MNL_NLMSG_HDRLEN + len))
		return;
	nl->at[nl->n] = nl->len;
	nl->allow[nl->n] = 0;
	nl->n++;
	h = mnl_nlmsg_put_header(nl->tx + nl->len);
	h->nlmsg_type = type;
	h->nlmsg_flags = flags | NLM_F_REQUEST;
	h->nlmsg_seq = ++nl->seq;
	memcpy(mnl_nlmsg_put_extra_header(h, len), head, len);
	grown(nl);
}

void
nl_raw(struct nl *nl, const void *data, size_t len)
{
	if (!room(nl, len))
		return;
	memcpy(mnl_nlmsg_put_extra_header(last(nl), len), data, len);
	grown(nl);
}

void
nl_put(struct nl *nl, uint16_t attr, const void *data, size_t len)
{
	if (!room(nl, MNL_ATTR_HDRLEN + len))
		return;
	mnl_attr_put(last(nl), attr, len, data);
	grown(nl);
}

void
nl_put_u8(struct nl *nl, uint16_t attr, uint8_t value)
{
	nl_put(nl, attr, &value, sizeof(value));
}

void
nl_put_u32(struct nl *nl, uint16_t attr, uint32_t value)
{
	nl_put(nl, attr, &value, sizeof(value));
}

void
nl_put_str(struct nl *nl, uint16_t attr, const char *text)
{
	nl_put(nl, attr, text, strlen(text) + 1);
}

struct nlattr *
nl_nest(struct nl *nl, uint16_t attr)
{
	struct nlattr *nest;

	if (!room(nl, MNL_ATTR_HDRLEN))
		return NULL;
	nest = mnl_attr_nest_start(last(nl), attr);
	grown(nl);
	return nest;
}

void
nl_nest_end(struct nl *nl, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(last(nl), nest);
}

void
nl_allow(struct nl *nl, int err)
{
	if (nl->n > 0)
		nl->allow[nl->n - 1] = err;
}

uint32_t
nl_number(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) < 4 ? 0 : mnl_attr_get_u32(attr);
}

/* explain - keep the text of the kernel's extended acknowledgement */
static void
explain(struct nl *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	size_t skip = sizeof(*e);

	nl->text[0] = '\0';
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	if (e->msg.nlmsg_len < sizeof(e->msg) ||
	    skip > mnl_nlmsg_get_payload_len(h))
		return;
	mnl_attr_for_each(attr, h, skip) {
		size_t n = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
			continue;
		if (n >= sizeof(nl->text))
			n = sizeof(nl->text) - 1;
		memcpy(nl->text, mnl_attr_get_payload(attr), n);
		nl->text[n] = '\0';
	}
}

/*
 * verdict - take in an acknowledgement of message n or the end of its dump
 *
 * Both begin with the error as a negative int.
 */
static void
verdict(struct nl *nl, const struct nlmsghdr *h, int n)
{
	size_t need = h->nlmsg_type == NLMSG_ERROR ?
	    sizeof(struct nlmsgerr) : sizeof(int);
	bool cut = mnl_nlmsg_get_payload_len(h) < need;
	int e = cut ? -EBADMSG : *(const int *)mnl_nlmsg_get_payload(h);

	nl->err[n] = (int)-(unsigned)e;
	if (e >= 0 || nl->allow[n] == NL_ANY || nl->allow[n] == nl->err[n] ||
	    nl->failed >= 0)
		return;
	nl->failed = n;
	if (h->nlmsg_type == NLMSG_ERROR && !cut)
		explain(nl, h);
}

static bool
is_get(const struct nlmsghdr *h)
{
	return (h->nlmsg_type & 3) == (RTM_GETLINK & 3);
}

/* is_dump - the flag's bits mean other things in what is no RTM_GET message */
static bool
is_dump(const struct nlmsghdr *h)
{
	return is_get(h) && (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/* whole - is it all there?  mnl_nlmsg_ok takes a length over INT_MAX, too */
static bool
whole(const struct nlmsghdr *h, int len)
{
	return len >= (int)sizeof(*h) && h->nlmsg_len >= sizeof(*h) &&
	    h->nlmsg_len <= (uint32_t)len;
}

/* digest - one datagram of answers; returns whether the last is answered */
static bool
digest(struct nl *nl, const char *rx, int len, nl_each *each, void *arg)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)rx;
	uint32_t first = nl->seq - (uint32_t)nl->n + 1;
	bool done = false;

	for (; whole(h, len); h = mnl_nlmsg_next(h, &len)) {
		uint32_t n = h->nlmsg_seq - first;

		/* What a batch before this one left behind is skipped. */
		if (n >= (uint32_t)nl->n)
			continue;
		nl->torn |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (h->nlmsg_type == NLMSG_ERROR ||
		    h->nlmsg_type == NLMSG_DONE) {
			verdict(nl, h, (int)n);
			done |= (int)n == nl->n - 1;
		} else if (h->nlmsg_type >= NLMSG_MIN_TYPE) {
			if (each)
				each(h, (int)n, arg);
			done |= (int)n == nl->n - 1 && !is_dump(last(nl));
		}
	}
	return done;
}

static int
answers(struct nl *nl, nl_each *each, void *arg)
{
	_Alignas(8) char rx[RX];
	bool done = false;

	while (!done) {
		struct sockaddr_nl from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(nl->fd, rx, sizeof(rx), MSG_TRUNC,
		    (struct sockaddr *)&from, &len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		/* Sent in the moment before we were connected. */
		if (from.nl_pid != 0)
			continue;
		if ((size_t)n > sizeof(rx)) {
			errno = EMSGSIZE;
			return -1;
		}
		done = digest(nl, rx, (int)n, each, arg);
	}
	return 0;
}

int
nl_run(struct nl *nl, nl_each *each, void *arg)
{
	bool ran = nl->ran;
	ssize_t n;

	nl->failed = -1;
	nl->text[0] = '\0';
	nl->ran = true;
	nl->torn = false;
	if (nl->full) {
		errno = EMSGSIZE;
		return -1;
	}
	if (ran || nl->n == 0)
		return 0;
	memset(nl->err, 0, sizeof(nl->err));
	if (!is_get(last(nl)))
		last(nl)->nlmsg_flags |= NLM_F_ACK;
	while ((n = send(nl->fd, nl->tx, nl->len, 0)) < 0 && errno == EINTR)
		;
	if (n < 0 || answers(nl, each, arg) < 0)
		return -1;
	if (nl->failed < 0 && !nl->torn)
		return 0;
	errno = nl->failed < 0 ? EAGAIN : nl->err[nl->failed];
	return -1;
}

const struct nlmsghdr *
nl_failed(const struct nl *nl)
{
	if (nl->failed < 0)
		return NULL;
	return (const struct nlmsghdr *)(nl->tx + nl->at[nl->failed]);
}
