/* SPDX-License-Identifier: MIT */
/* flow.c - entries of the kernel's connection tracking, over ctnetlink */
#define _GNU_SOURCE
#include "net/flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/flowmatch.h"
#include "net/nl.h"
#include "net/query.h"

/* Bits of CTA_FILTER_ORIG_FLAGS, by what the kernel compares; it exports none. */
enum { BY_PROTOCOL = 1 << 3, BY_PORT = 1 << 5 };

struct forget {
	const struct flow_wanted *wanted;
	struct flowmatch_own own;
	int fd;			/* deletes, while another socket reads */
	int err;		/* errno of the first failure */
};

/* find - returns the attribute of this type with at least size bytes, or NULL */
static const struct nlattr *
find(const struct nlattr *nest, uint16_t type, size_t size)
{
	const struct nlattr *attr = nl_find_nested(nest, type);

	if (attr && mnl_attr_get_payload_len(attr) < size)
		return NULL;
	return attr;
}

/* read_ends - read the two addresses of a direction */
static void
read_ends(const struct nlattr *tuple, int family, struct flow_address end[2])
{
	static const uint16_t types[2][2] = {
		{ CTA_IP_V4_SRC, CTA_IP_V4_DST },
		{ CTA_IP_V6_SRC, CTA_IP_V6_DST },
	};
	const struct nlattr *ip = find(tuple, CTA_TUPLE_IP, 0), *attr;
	size_t size = family == AF_INET ? 4 : 16;

	for (int i = 0; i < 2; i++) {
		attr = find(ip, types[family == AF_INET6][i], size);
		if (!attr)
			continue;
		end[i].family = family;
		memcpy(end[i].byte, mnl_attr_get_payload(attr), size);
	}
}

/* read_protocol - read the protocol and the port; ICMP has none */
static void
read_protocol(const struct nlattr *tuple, struct flow *flow)
{
	const struct nlattr *proto = find(tuple, CTA_TUPLE_PROTO, 0);
	const struct nlattr *protocol = find(proto, CTA_PROTO_NUM, 1);
	const struct nlattr *port = find(proto, CTA_PROTO_DST_PORT, 2);

	if (protocol)
		flow->protocol = mnl_attr_get_u8(protocol);
	if (port)
		flow->port = ntohs(mnl_attr_get_u16(port));
}

static void
read_flow(const struct nlmsghdr *entry, int family, struct flow *flow)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, entry, sizeof(struct nfgenmsg)) {
		int type = mnl_attr_get_type(attr);

		if (type == CTA_TUPLE_ORIG) {
			read_ends(attr, family, &flow->end[FLOW_FROM]);
			read_protocol(attr, flow);
		} else if (type == CTA_TUPLE_REPLY) {
			read_ends(attr, family, &flow->end[FLOW_ANSWER_FROM]);
		} else if (type == CTA_STATUS &&
		    mnl_attr_get_payload_len(attr) >= sizeof(uint32_t)) {
			flow->nat = ntohl(mnl_attr_get_u32(attr)) &
			    (IPS_SRC_NAT | IPS_DST_NAT);
		}
	}
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
	struct flow flow = { .port = -1 };
	struct forget *f = arg;

	if (mnl_nlmsg_get_payload_len(entry) < sizeof(*head) ||
	    (head->nfgen_family != AF_INET && head->nfgen_family != AF_INET6))
		return MNL_CB_OK;
	read_flow(entry, head->nfgen_family, &flow);
	if (flowmatch(f->wanted, &flow, &f->own))
		delete(f, entry, head->nfgen_family);
	return MNL_CB_OK;
}

/* dump_all - all that the kernel has */
static int
dump_all(int fd, struct forget *f)
{
	_Alignas(8) char tx[QUERY_TX];

	return query_run(fd, begin(tx, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC),
	    on_entry, f);
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

/* forget_ports - those of a protocol; a port of 0 stands for several */
static int
forget_ports(int fd, bool udp, struct forget *f)
{
	const struct port *p = f->wanted->port;
	int port = -1, r;

	for (size_t i = 0; i < f->wanted->ports; i++) {
		if (p[i].udp != udp)
			continue;
		if (port < 0 && p[i].host == p[i].last)
			port = p[i].host;
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

/* forget - with an address, each flow has to be seen once anyway */
static int
forget(int fd, struct forget *f)
{
	int r;

	if (f->wanted->addresses == 0) {
		if (forget_ports(fd, false, f) < 0)
			return -1;
		return forget_ports(fd, true, f);
	}
	do
		r = dump_all(fd, f);
	while (r < 0 && errno == EINTR);
	return r;
}

int
flow_forget(const struct flow_wanted *wanted)
{
	auto_close int fd = query_open(NETLINK_NETFILTER), other = -1;
	struct forget f = { .wanted = wanted };

	other = query_open(NETLINK_NETFILTER);
	if (fd < 0 || other < 0)
		return -1;
	f.fd = other;
	flowmatch_sort(wanted->address, wanted->addresses);
	if (forget(fd, &f) < 0)
		f.err = errno;
	free(f.own.address);
	if (f.err == 0)
		f.err = f.own.err;
	errno = f.err;
	return f.err ? -1 : 0;
}
