/* SPDX-License-Identifier: MIT */
/* flow.c - entries of the kernel's connection tracking, over ctnetlink */
#define _GNU_SOURCE
#include "net/flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/inuse.h"
#include "net/nl.h"
#include "net/query.h"

/* Bits of CTA_FILTER_ORIG_FLAGS, by what the kernel compares; it exports none. */
enum { BY_PROTOCOL = 1 << 3, BY_PORT = 1 << 5 };

struct address {
	int family;
	unsigned char byte[16];
};

/* The addresses of the host, read when the first one is compared. */
struct own {
	struct address *address;
	size_t n, room;
	bool read;
};

struct forget {
	const struct port *port;
	size_t n;
	struct own own;
	int fd;			/* deletes, while another socket reads */
	int err;		/* errno of the first failure */
};

/* An entry, as far as it is compared. */
struct flow {
	bool udp;
	int port;
	struct address to;
};

static void
add_own(int family, const void *byte, void *arg)
{
	struct own *own = arg;
	size_t room = 2 * own->room + 64;

	if (own->n == own->room) {
		void *more = reallocarray(own->address, room,
		    sizeof(*own->address));

		/* An entry that stays is less harm than no start. */
		if (!more)
			return;
		own->address = more;
		own->room = room;
	}
	own->address[own->n].family = family;
	memcpy(own->address[own->n++].byte, byte, family == AF_INET ? 4 : 16);
}

static bool
is_own(struct forget *f, const struct address *a)
{
	size_t size = a->family == AF_INET ? 4 : 16;

	if (!f->own.read && inuse_own(add_own, &f->own) < 0 && f->err == 0)
		f->err = errno;
	f->own.read = true;
	for (size_t i = 0; i < f->own.n; i++)
		if (f->own.address[i].family == a->family &&
		    !memcmp(f->own.address[i].byte, a->byte, size))
			return true;
	return false;
}

/* wanted - is it to one of the ports? */
static bool
wanted(struct forget *f, const struct flow *flow)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct port *p = &f->port[i];

		if (p->udp != flow->udp || flow->port < p->host ||
		    flow->port > p->last ||
		    !port_has(p, flow->to.family, flow->to.byte))
			continue;
		if (p->family != AF_UNSPEC && !port_any(p))
			return true;
		if (is_own(f, &flow->to))
			return true;
	}
	return false;
}

/* find - returns the attribute of this type with at least size bytes, or NULL */
static const struct nlattr *
find(const struct nlattr *nest, uint16_t type, size_t size)
{
	const struct nlattr *attr = nl_find_nested(nest, type);

	if (attr && mnl_attr_get_payload_len(attr) < size)
		return NULL;
	return attr;
}

/* read_flow - read the original direction; returns whether it is complete */
static bool
read_flow(const struct nlattr *tuple, int family, struct flow *flow)
{
	size_t size = family == AF_INET ? 4 : 16;
	const struct nlattr *ip, *proto, *to, *protocol, *port;

	ip = find(tuple, CTA_TUPLE_IP, 0);
	proto = find(tuple, CTA_TUPLE_PROTO, 0);
	to = find(ip, family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST, size);
	protocol = find(proto, CTA_PROTO_NUM, 1);
	port = find(proto, CTA_PROTO_DST_PORT, 2);
	if (!to || !protocol || !port)
		return false;
	flow->udp = mnl_attr_get_u8(protocol) == IPPROTO_UDP;
	flow->port = ntohs(mnl_attr_get_u16(port));
	flow->to.family = family;
	memcpy(flow->to.byte, mnl_attr_get_payload(to), size);
	return true;
}

static struct nlmsghdr *
begin(char tx[QUERY_TX], int type, int flags, int family)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(tx);
	struct nfgenmsg *head;

	request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = (uint8_t)family;
	head->version = NFNETLINK_V0;
	return request;
}

/* delete - this very entry: it has an ID, too */
static void
delete(struct forget *f, const struct nlmsghdr *entry, int family)
{
	_Alignas(8) char tx[QUERY_TX];
	struct nlmsghdr *request = begin(tx, IPCTNL_MSG_CT_DELETE, NLM_F_ACK,
	    family);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, entry, sizeof(struct nfgenmsg)) {
		int type = mnl_attr_get_type(attr);

		if ((type == CTA_TUPLE_ORIG || type == CTA_ID ||
		    type == CTA_ZONE) && !mnl_attr_put_check(request, QUERY_TX,
		    attr->nla_type, mnl_attr_get_payload_len(attr),
		    mnl_attr_get_payload(attr)))
			return;
	}
	/* It may have ended by itself. */
	if (query_run(f->fd, request, NULL, NULL) < 0 && errno != ENOENT &&
	    f->err == 0)
		f->err = errno;
}

static int
on_entry(const struct nlmsghdr *entry, void *arg)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(entry);
	const struct nlattr *attr;
	struct forget *f = arg;
	struct flow flow;

	if (mnl_nlmsg_get_payload_len(entry) < sizeof(*head) ||
	    (head->nfgen_family != AF_INET && head->nfgen_family != AF_INET6))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, entry, sizeof(*head))
		if (mnl_attr_get_type(attr) == CTA_TUPLE_ORIG &&
		    read_flow(attr, head->nfgen_family, &flow) &&
		    wanted(f, &flow))
			delete(f, entry, head->nfgen_family);
	return MNL_CB_OK;
}

/* dump - let the kernel pick family and protocol, and the port if it is not 0 */
static int
dump(int fd, int family, bool udp, int port, struct forget *f)
{
	_Alignas(8) char tx[QUERY_TX];
	struct nlmsghdr *request = begin(tx, IPCTNL_MSG_CT_GET, NLM_F_DUMP,
	    family);
	struct nlattr *tuple, *proto, *filter;
	uint32_t by = BY_PROTOCOL;

	tuple = mnl_attr_nest_start(request, CTA_TUPLE_ORIG);
	proto = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(request, CTA_PROTO_NUM, udp ? IPPROTO_UDP : IPPROTO_TCP);
	if (port) {
		mnl_attr_put_u16(request, CTA_PROTO_DST_PORT,
		    htons((uint16_t)port));
		by |= BY_PORT;
	}
	mnl_attr_nest_end(request, proto);
	mnl_attr_nest_end(request, tuple);
	filter = mnl_attr_nest_start(request, CTA_FILTER);
	mnl_attr_put_u32(request, CTA_FILTER_ORIG_FLAGS, by);
	mnl_attr_put_u32(request, CTA_FILTER_REPLY_FLAGS, 0);
	mnl_attr_nest_end(request, filter);
	return query_run(fd, request, on_entry, f);
}

/* forget - the ports of a protocol; a port of 0 stands for several */
static int
forget(int fd, bool udp, struct forget *f)
{
	int port = -1, r;

	for (size_t i = 0; i < f->n; i++) {
		if (f->port[i].udp != udp)
			continue;
		if (port < 0 && f->port[i].host == f->port[i].last)
			port = f->port[i].host;
		else
			port = 0;
	}
	if (port < 0)
		return 0;
	/* A filter is for one family.  A dump that a change interrupts is repeated. */
	do
		r = dump(fd, AF_INET, udp, port, f);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -1;
	do
		r = dump(fd, AF_INET6, udp, port, f);
	while (r < 0 && errno == EINTR);
	return r;
}

int
flow_forget(const struct port *ports, size_t n)
{
	auto_close int fd = query_open(NETLINK_NETFILTER), other = -1;
	struct forget f = { .port = ports, .n = n };

	other = query_open(NETLINK_NETFILTER);
	if (fd < 0 || other < 0)
		return -1;
	f.fd = other;
	if (forget(fd, false, &f) < 0 || forget(fd, true, &f) < 0)
		f.err = errno;
	free(f.own.address);
	errno = f.err;
	return f.err ? -1 : 0;
}
