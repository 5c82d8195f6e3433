/* SPDX-License-Identifier: MIT */
/* served.c - which ports the processes of the host serve */
#include "net/served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/query.h"

/* States as in net/tcp_states.h of the kernel. */
enum { UNCONNECTED = 7, LISTENING = 10 };

struct search {
	const struct port *port;
	int found;
};

/* v6only - an IPv6 socket at all addresses takes IPv4, too, unless told not to */
static bool
v6only(const struct nlmsghdr *answer)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, answer, sizeof(struct inet_diag_msg))
		if (mnl_attr_get_type(attr) == INET_DIAG_SKV6ONLY &&
		    mnl_attr_get_payload_len(attr) > 0)
			return mnl_attr_get_u8(attr) != 0;
	return false;
}

/* conflicts - is the address of a socket all of them, or the port's own? */
static bool
conflicts(const struct port *port, const struct nlmsghdr *answer,
    const struct inet_diag_msg *sock)
{
	static const uint32_t zero[4];
	const void *at = sock->id.idiag_src;

	/* A socket that is bound to a device leaves the others to us. */
	if (sock->id.idiag_if != 0)
		return false;
	if (memcmp(at, zero, sock->idiag_family == AF_INET ? 4 : 16) != 0)
		return port->family != AF_UNSPEC && !port_any(port) &&
		    port_has(port, sock->idiag_family, at);
	return port->family == AF_UNSPEC ||
	    port->family == sock->idiag_family ||
	    (sock->idiag_family == AF_INET6 && !v6only(answer));
}

static int
on_socket(const struct nlmsghdr *answer, void *arg)
{
	const struct inet_diag_msg *sock = mnl_nlmsg_get_payload(answer);
	struct search *s = arg;
	int n;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*sock))
		return MNL_CB_OK;
	n = ntohs(sock->id.idiag_sport);
	if (n >= s->port->host && n <= s->port->last &&
	    (s->found == 0 || n < s->found) && conflicts(s->port, answer, sock))
		s->found = n;
	return MNL_CB_OK;
}

static int
dump(int fd, int family, struct search *s)
{
	_Alignas(8) char tx[QUERY_TX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(tx);
	struct inet_diag_req_v2 *head;

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->sdiag_family = (uint8_t)family;
	head->sdiag_protocol = s->port->udp ? IPPROTO_UDP : IPPROTO_TCP;
	head->idiag_states = 1U << (s->port->udp ? UNCONNECTED : LISTENING);
	if (s->port->host == s->port->last)
		head->id.idiag_sport = htons((uint16_t)s->port->host);
	return query_run(fd, request, on_socket, s);
}

int
served_find(const struct port *port)
{
	auto_close int fd = -1;
	struct search s = { port, 0 };

	if (port->udp && port->host != port->last)
		return 0;
	fd = query_open(NETLINK_SOCK_DIAG);
	if (fd < 0)
		return errno == EPROTONOSUPPORT ? 0 : -1;
	if (dump(fd, AF_INET, &s) == 0 && dump(fd, AF_INET6, &s) == 0)
		return s.found;
	/* A kernel without this kind of socket, or without its part for it. */
	if (errno == ENOENT || errno == EINVAL || errno == EOPNOTSUPP)
		return s.found;
	return -1;
}
