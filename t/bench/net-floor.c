/* SPDX-License-Identifier: MIT */
/*
 * net-floor up|again|down|gone NAME N [COUNT]
 *
 * The lower bound for mkveth: the same system calls without checks, long names
 * or undo.  N determines the addresses, 10.N/256.N%256.1 and so on.  With COUNT
 * one process handles that many networks, NAME1 and so on.  down lets the pair die
 * with its namespace, gone removes it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static _Alignas(8) char tx[4096], rx[16384];
static size_t len;
static struct nlmsghdr *msg;

static void
put_raw(const void *data, size_t n)
{
	memcpy(tx + len, data, n);
	len += NLMSG_ALIGN(n);
	msg->nlmsg_len = (__u32)(tx + len - (char *)msg);
}

static void
begin(int type, int flags, const void *head, size_t n)
{
	msg = (struct nlmsghdr *)(tx + len);
	*msg = (struct nlmsghdr){ .nlmsg_type = (__u16)type,
	    .nlmsg_flags = (__u16)(flags | NLM_F_REQUEST) };
	len += sizeof(*msg);
	put_raw(head, n);
}

static struct rtattr *
put(int type, const void *data, size_t n)
{
	struct rtattr attr = { .rta_type = (unsigned short)type,
	    .rta_len = (unsigned short)RTA_LENGTH(n) };
	struct rtattr *at = (struct rtattr *)(tx + len);

	put_raw(&attr, sizeof(attr));
	if (data)
		put_raw(data, n);
	return at;
}

static void
end(struct rtattr *nest)
{
	nest->rta_len = (unsigned short)(tx + len - (char *)nest);
}

/* run - send all messages, and read all answers */
static void
run(int fd)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)rx;

	msg->nlmsg_flags |= NLM_F_ACK;
	msg->nlmsg_seq = 1;
	if (send(fd, tx, len, 0) < 0)
		err(1, "send");
	len = 0;
	do {
		if (recv(fd, rx, sizeof(rx), 0) < 0)
			err(1, "recv");
	} while (!h->nlmsg_seq);
}

static void
address(int index, int family, const void *addr)
{
	struct ifaddrmsg head = { .ifa_family = (__u8)family,
	    .ifa_prefixlen = family == AF_INET ? 32 : 128,
	    .ifa_flags = family == AF_INET ? 0 : IFA_F_NODAD,
	    .ifa_index = (__u32)index };

	begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put(IFA_LOCAL, addr, family == AF_INET ? 4 : 16);
	put(IFA_ADDRESS, addr, family == AF_INET ? 4 : 16);
}

/* route - add a route to an address, or with via the default route through it */
static void
route(int index, int family, const void *addr, int via)
{
	size_t n = family == AF_INET ? 4 : 16;
	struct rtmsg head = { .rtm_family = (__u8)family,
	    .rtm_dst_len = via ? 0 : (unsigned char)(8 * n),
	    .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
	    .rtm_type = RTN_UNICAST, .rtm_scope = via || n == 16 ?
	    RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };

	begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put(via ? RTA_GATEWAY : RTA_DST, addr, n);
	put(RTA_OIF, &index, 4);
}

static void
set_up(int index)
{
	struct ifinfomsg head = { .ifi_index = index, .ifi_flags = IFF_UP,
	    .ifi_change = IFF_UP };

	begin(RTM_NEWLINK, 0, &head, sizeof(head));
}

static void
make_pair(int host, const char *name, int ns)
{
	struct ifinfomsg here = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct ifinfomsg peer_link = { .ifi_index = 2 };
	struct rtattr *info, *data, *peer;

	begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &here, sizeof(here));
	put(IFLA_IFNAME, name, strlen(name) + 1);
	info = put(IFLA_LINKINFO, NULL, 0);
	put(IFLA_INFO_KIND, "veth", 5);
	data = put(IFLA_INFO_DATA, NULL, 0);
	peer = put(VETH_INFO_PEER, NULL, 0);
	put_raw(&peer_link, sizeof(peer_link));
	put(IFLA_IFNAME, "eth0", 5);
	put(IFLA_NET_NS_FD, &ns, 4);
	end(peer);
	end(data);
	end(info);
	run(host);
}

static int
index_of(int host, const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	const struct nlmsghdr *h = (const struct nlmsghdr *)rx;
	int index;

	begin(RTM_GETLINK, 0, &head, sizeof(head));
	put(IFLA_IFNAME, name, strlen(name) + 1);
	msg->nlmsg_seq = 1;
	if (send(host, tx, len, 0) < 0 || recv(host, rx, sizeof(rx), 0) < 0)
		err(1, "get %s", name);
	len = 0;
	if (h->nlmsg_type != RTM_NEWLINK)
		errx(1, "no %s", name);
	memcpy(&index, (char *)NLMSG_DATA(h) + 4, 4);
	return index;
}

static void
configure(int host, int inner, int index, int n)
{
	unsigned char hi = (unsigned char)(n >> 8), lo = (unsigned char)n;
	unsigned char a4[] = { 10, hi, lo, 1 }, b4[] = { 10, hi, lo, 2 };
	unsigned char a6[16] = { 0xfc, 0, hi, lo, [15] = 1 };
	unsigned char b6[16] = { 0xfc, 0, hi, lo, [15] = 2 };

	address(index, AF_INET, a4);
	address(index, AF_INET6, a6);
	route(index, AF_INET, b4, 0);
	route(index, AF_INET6, b6, 0);
	run(host);
	set_up(1);
	set_up(2);
	address(2, AF_INET, b4);
	address(2, AF_INET6, b6);
	route(2, AF_INET, a4, 0);
	route(2, AF_INET6, a6, 0);
	route(2, AF_INET, a4, 1);
	route(2, AF_INET6, a6, 1);
	run(inner);
}

static int
netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

static void
up(int host, const char *name, const char *path, int n, int again)
{
	int ns, inner;

	if (again) {
		ns = openat(AT_FDCWD, path, O_RDONLY);
		if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
			err(1, "%s", path);
	} else {
		ns = openat(AT_FDCWD, path, O_RDONLY | O_CREAT | O_EXCL, 0444);
		close(ns);
		if (unshare(CLONE_NEWNET) < 0 || mount("/proc/self/ns/net",
		    path, "none", MS_BIND, NULL) < 0)
			err(1, "%s", path);
		ns = openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY);
		make_pair(host, name, ns);
	}
	inner = netlink();
	configure(host, inner, index_of(host, name), n);
	close(inner);
	close(ns);
}

static void
down(int host, const char *name, const char *path, int gone)
{
	struct ifinfomsg head = { .ifi_index = index_of(host, name) };
	struct ifaddrmsg any = { .ifa_family = AF_INET,
	    .ifa_index = (__u32)head.ifi_index };
	char unused[IFNAMSIZ];

	if (gone) {
		begin(RTM_DELLINK, 0, &head, sizeof(head));
	} else {
		snprintf(unused, sizeof(unused), "c_%d", head.ifi_index);
		head.ifi_change = IFF_UP;
		begin(RTM_NEWLINK, 0, &head, sizeof(head));
		put(IFLA_IFNAME, unused, strlen(unused) + 1);
		begin(RTM_DELADDR, 0, &any, sizeof(any));
	}
	run(host);
	if (umount2(path, MNT_DETACH) < 0 || unlink(path) < 0)
		err(1, "%s", path);
}

int
main(int argc, char *argv[])
{
	int host, count = argc > 4 ? atoi(argv[4]) : 0;
	char name[64], path[96];

	if (argc < 4)
		errx(2, "usage: net-floor up|again|down|gone NAME N [COUNT]");
	host = netlink();
	for (int i = 0; i == 0 || i < count; i++) {
		snprintf(name, sizeof(name), count ? "c-%s%d" : "c-%s",
		    argv[2], i + 1);
		snprintf(path, sizeof(path), "/run/netns/net-%s", name + 2);
		if (argv[1][0] == 'u' || argv[1][0] == 'a')
			up(host, name, path, atoi(argv[3]) + i,
			    argv[1][0] == 'a');
		else
			down(host, name, path, argv[1][0] == 'g');
	}
	return 0;
}
