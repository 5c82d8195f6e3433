/* SPDX-License-Identifier: MIT */
/* nl.c - rtnetlink batches: many messages, one send, answers matched by seq */
#define _GNU_SOURCE
#include "net/nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Larger than any answer of the kernel: an interface may have altnames of 64 KiB.
 * Only pages that an answer needs are touched.
 */
enum { RX = 1 << 17 };

const struct nlattr *
nl_find(const struct nlmsghdr *h, size_t size, int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, size)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

const struct nlattr *
nl_find_nested(const struct nlattr *nest, int type)
{
	const struct nlattr *attr;

	if (nest)
		mnl_attr_for_each_nested(attr, nest)
			if (mnl_attr_get_type(attr) == type)
				return attr;
	return NULL;
}

const char *
nl_text(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(attr);
}

bool
nl_is(const struct nlattr *attr, const char *text)
{
	const char *found = nl_text(attr);

	return found && !strcmp(found, text);
}

static void
empty(struct nl *nl)
{
	nl->n = 0;
	nl->len = 0;
	nl->full = false;
}

int
nl_open(struct nl *nl)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int on = 1;

	nl->seq = 0;
	nl->change = NULL;
	empty(nl);
	nl->failed = -1;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl->fd < 0)
		return -1;
	/*
	 * Without these (before Linux 4.12 and 4.20) the kernel explains no
	 * errors and dumps more, but the answers are filtered anyway.
	 */
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
	    sizeof(on));
	/*
	 * Anyone privileged in the namespace, such as the container's root,
	 * could send to an unconnected socket: forged answers, or so many
	 * messages that the kernel's do not fit.
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

/* has_room - can the last message grow by len? */
static bool
has_room(struct nl *nl, size_t len)
{
	if (MNL_ALIGN(len) > NL_TX - nl->len)
		nl->full = true;
	return !nl->full;
}

/* update_len - after the last message has grown */
static void
update_len(struct nl *nl)
{
	nl->len = nl->at[nl->n - 1] + MNL_ALIGN(last(nl)->nlmsg_len);
}

void
nl_msg(struct nl *nl, uint16_t type, uint16_t flags, const void *head,
    size_t len)
{
	struct nlmsghdr *h;

	if (nl->n == NL_MAX)
		nl->full = true;
	if (!has_room(nl, MNL_NLMSG_HDRLEN + len))
		return;
	nl->at[nl->n] = nl->len;
	nl->allow[nl->n] = 0;
	nl->n++;
	h = mnl_nlmsg_put_header(nl->tx + nl->len);
	h->nlmsg_type = type;
	h->nlmsg_flags = flags | NLM_F_REQUEST;
	h->nlmsg_seq = ++nl->seq;
	memcpy(mnl_nlmsg_put_extra_header(h, len), head, len);
	update_len(nl);
}

void
nl_raw(struct nl *nl, const void *data, size_t len)
{
	if (!has_room(nl, len))
		return;
	memcpy(mnl_nlmsg_put_extra_header(last(nl), len), data, len);
	update_len(nl);
}

void
nl_put(struct nl *nl, uint16_t attr, const void *data, size_t len)
{
	if (!has_room(nl, MNL_ATTR_HDRLEN + len))
		return;
	mnl_attr_put(last(nl), attr, len, data);
	update_len(nl);
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

	if (!has_room(nl, MNL_ATTR_HDRLEN))
		return NULL;
	nest = mnl_attr_nest_start(last(nl), attr);
	update_len(nl);
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
	if (mnl_attr_get_payload_len(attr) < sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(attr);
}

/* keep_text - copy the text of the kernel's extended acknowledgement */
static void
keep_text(struct nl *nl, const struct nlmsghdr *h)
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
 * handle_ack - handle an acknowledgement of message n or the end of its dump
 *
 * Both begin with the negative errno as an int.
 */
static void
handle_ack(struct nl *nl, const struct nlmsghdr *h, int n)
{
	bool is_error = h->nlmsg_type == NLMSG_ERROR;
	size_t need = sizeof(int);
	bool complete;
	int e = -EBADMSG;

	if (is_error)
		need = sizeof(struct nlmsgerr);
	complete = mnl_nlmsg_get_payload_len(h) >= need;
	if (complete)
		e = *(const int *)mnl_nlmsg_get_payload(h);
	nl->err[n] = (int)-(unsigned)e;
	if (e >= 0 || nl->allow[n] == NL_ANY || nl->allow[n] == nl->err[n])
		return;
	/* Only the first failure is reported. */
	if (nl->failed >= 0)
		return;
	nl->failed = n;
	if (is_error && complete)
		keep_text(nl, h);
}

static bool
is_get(const struct nlmsghdr *h)
{
	return (h->nlmsg_type & 3) == (RTM_GETLINK & 3);
}

/* is_dump - only in a request for data do these flags mean a dump */
static bool
is_dump(const struct nlmsghdr *h)
{
	return is_get(h) && (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/* is_complete - unlike mnl_nlmsg_ok, it refuses a length above INT_MAX */
static bool
is_complete(const struct nlmsghdr *h, int len)
{
	return len >= (int)sizeof(*h) && h->nlmsg_len >= sizeof(*h) &&
	    h->nlmsg_len <= (uint32_t)len;
}

/* handle_datagram - returns whether the last message has been answered */
static bool
handle_datagram(struct nl *nl, const char *rx, int len, nl_each *each,
    void *arg)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)rx;
	uint32_t first = nl->seq - (uint32_t)nl->n + 1;
	bool done = false;

	for (; is_complete(h, len); h = mnl_nlmsg_next(h, &len)) {
		uint32_t n = h->nlmsg_seq - first;
		bool is_last = n == (uint32_t)nl->n - 1;

		/* Skip answers to an earlier batch. */
		if (n >= (uint32_t)nl->n)
			continue;
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			nl->dump_interrupted = true;
		if (h->nlmsg_type == NLMSG_ERROR ||
		    h->nlmsg_type == NLMSG_DONE) {
			handle_ack(nl, h, (int)n);
			done |= is_last;
		} else if (h->nlmsg_type >= NLMSG_MIN_TYPE) {
			if (each)
				each(h, (int)n, arg);
			done |= is_last && !is_dump(last(nl));
		}
	}
	return done;
}

/* receive - receive datagrams until the last message is answered */
static int
receive(struct nl *nl, nl_each *each, void *arg)
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
		/* Not the kernel's: sent before the socket was connected. */
		if (from.nl_pid != 0)
			continue;
		if ((size_t)n > sizeof(rx)) {
			errno = EMSGSIZE;
			return -1;
		}
		done = handle_datagram(nl, rx, (int)n, each, arg);
	}
	return 0;
}

/* run - nl_run, but it leaves the batch as it is */
static int
run(struct nl *nl, nl_each *each, void *arg)
{
	ssize_t n;

	if (nl->full) {
		errno = EMSGSIZE;
		return -1;
	}
	if (nl->len == 0)
		return 0;
	if (nl->change && !is_get(last(nl))) {
		errno = EINVAL;
		return -1;
	}
	memset(nl->err, 0, sizeof(nl->err));
	if (!is_get(last(nl)))
		last(nl)->nlmsg_flags |= NLM_F_ACK;
	do
		n = send(nl->fd, nl->tx, nl->len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 || receive(nl, each, arg) < 0)
		return -1;
	nl->last_err = nl->err[nl->n - 1];
	if (nl->failed >= 0) {
		errno = nl->err[nl->failed];
		return -1;
	}
	if (nl->dump_interrupted) {
		errno = EAGAIN;
		return -1;
	}
	return 0;
}

void
nl_withhold(struct nl *nl, nl_change *change, void *arg)
{
	nl->change = change;
	nl->change_arg = arg;
}

/* withhold - move what is no request out of the batch; returns its size */
static size_t
withhold(struct nl *nl, char kept[NL_TX])
{
	size_t len = 0;

	nl->len = 0;
	/* Requests keep their numbers, and so their answers do. */
	for (int i = 0; i < nl->n; i++) {
		struct nlmsghdr *h = (struct nlmsghdr *)(nl->tx + nl->at[i]);
		size_t size = MNL_ALIGN(h->nlmsg_len);

		if (is_get(h)) {
			nl->at[i] = nl->len;
			memmove(nl->tx + nl->len, h, size);
			nl->len += size;
		} else {
			memcpy(kept + len, h, size);
			len += size;
		}
	}
	return len;
}

static int
run_requests(struct nl *nl, nl_each *each, void *arg)
{
	_Alignas(8) char kept[NL_TX];
	size_t size = 0, at = 0;
	int r;

	if (!nl->full)
		size = withhold(nl, kept);
	r = run(nl, each, arg);
	empty(nl);
	while (r == 0 && at < size) {
		const struct nlmsghdr *h = (struct nlmsghdr *)(kept + at);

		nl->change(nl, h, nl->change_arg);
		at += MNL_ALIGN(h->nlmsg_len);
	}
	return r;
}

int
nl_run(struct nl *nl, nl_each *each, void *arg)
{
	int r;

	nl->failed = -1;
	nl->last_err = 0;
	nl->text[0] = '\0';
	nl->dump_interrupted = false;
	if (nl->change)
		return run_requests(nl, each, arg);
	r = run(nl, each, arg);
	/* The bytes stay in tx for nl_failed. */
	empty(nl);
	return r;
}

const struct nlmsghdr *
nl_failed(const struct nl *nl)
{
	if (nl->failed < 0)
		return NULL;
	return (const struct nlmsghdr *)(nl->tx + nl->at[nl->failed]);
}
