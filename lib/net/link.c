/* SPDX-License-Identifier: MIT */
/* link.c - rtnetlink messages about links */
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mount.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

static void
get(struct nl *nl, int index)
{
	struct ifinfomsg head = { .ifi_index = index };

	nl_msg(nl, RTM_GETLINK, 0, &head, sizeof(head));
	nl_put_u32(nl, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

void
link_get(struct nl *nl, const char *name)
{
	get(nl, 0);
	/* Kernels before 5.5 know no alternative names. */
	nl_put_str(nl, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME,
	    name);
}

void
link_get_alt(struct nl *nl, const char *name)
{
	get(nl, 0);
	nl_put_str(nl, IFLA_ALT_IFNAME, name);
}

void
link_get_index(struct nl *nl, int index)
{
	get(nl, index);
}

/* find - an attribute in a nest, or NULL, as where there is no nest */
static const struct nlattr *
find(const struct nlattr *nest, int type)
{
	const struct nlattr *attr;

	if (nest)
		mnl_attr_for_each_nested(attr, nest)
			if (mnl_attr_get_type(attr) == type)
				return attr;
	return NULL;
}

/* text - copy a string attribute, if there is one, as far as there is room */
static void
text(char *to, size_t size, const struct nlattr *attr)
{
	size_t n = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(to, mnl_attr_get_payload(attr), n);
	to[n] = '\0';
}

static void
mac(uint8_t to[6], const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == 6)
		memcpy(to, mnl_attr_get_payload(attr), 6);
}

/* off - is a setting of the link, one of an array, there and zero? */
static bool
off(const struct nlattr *array, int n)
{
	const int32_t *conf = array ? mnl_attr_get_payload(array) : NULL;

	return conf && mnl_attr_get_payload_len(array) > sizeof(*conf) *
	    (size_t)n && !conf[n];
}

static bool
wary(const struct nlattr *spec)
{
	const struct nlattr *v4, *v6;

	v4 = find(find(spec, AF_INET), IFLA_INET_CONF);
	v6 = find(find(spec, AF_INET6), IFLA_INET6_CONF);
	/* The numbers of IPv4's begin with 1. */
	return off(v4, IPV4_DEVCONF_ACCEPT_REDIRECTS - 1) &&
	    off(v6, DEVCONF_ACCEPT_RA) && off(v6, DEVCONF_ACCEPT_REDIRECTS);
}

/* port - the state of a bridge's port; of another master's attributes, -1 */
static int
port(const struct nlattr *info)
{
	const struct nlattr *state;
	char kind[LINK_KIND];

	text(kind, sizeof(kind), find(info, IFLA_INFO_SLAVE_KIND));
	state = find(find(info, IFLA_INFO_SLAVE_DATA), IFLA_BRPORT_STATE);
	return state && mnl_attr_get_payload_len(state) == 1 &&
	    !strcmp(kind, "bridge") ? mnl_attr_get_u8(state) : -1;
}

void
link_read(const struct nlmsghdr *answer, struct link *link)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;

	memset(link, 0, sizeof(*link));
	link->nsid = link->port = -1;
	if (answer->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*head))
		return;
	/* Equal indices of both ends are left out by some kernels. */
	link->index = link->peer = head->ifi_index;
	link->flags = head->ifi_flags;
	mnl_attr_for_each(attr, answer, sizeof(*head)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			text(link->name, sizeof(link->name), attr);
			break;
		case IFLA_LINK: link->peer = (int)nl_number(attr); break;
		case IFLA_LINK_NETNSID: link->nsid = (int)nl_number(attr); break;
		case IFLA_MASTER: link->master = (int)nl_number(attr); break;
		case IFLA_MTU: link->mtu = nl_number(attr); break;
		case IFLA_GROUP:
			link->more = nl_number(attr) == LINK_GROUP_MORE;
			link->marked = nl_number(attr) == LINK_GROUP ||
			    link->more;
			break;
		case IFLA_LINKINFO:
			text(link->kind, sizeof(link->kind),
			    find(attr, IFLA_INFO_KIND));
			link->port = port(attr);
			break;
		case IFLA_PROP_LIST:
			text(link->alt, sizeof(link->alt),
			    find(attr, IFLA_ALT_IFNAME));
			break;
		case IFLA_ADDRESS: mac(link->mac, attr); break;
		case IFLA_AF_SPEC: link->wary = wary(attr); break;
		}
	}
	link->ours = link->marked && !strcmp(link->kind, "veth");
}

void
link_get_nsid(struct nl *nl, int netns)
{
	struct rtgenmsg head = { .rtgen_family = AF_UNSPEC };

	nl_msg(nl, RTM_GETNSID, 0, &head, sizeof(head));
	nl_put_u32(nl, NETNSA_FD, (uint32_t)netns);
}

int
link_read_nsid(const struct nlmsghdr *answer)
{
	const struct nlattr *attr;

	if (answer->nlmsg_type != RTM_NEWNSID)
		return -1;
	mnl_attr_for_each(attr, answer, sizeof(struct rtgenmsg))
		if (mnl_attr_get_type(attr) == NETNSA_NSID)
			return (int)nl_number(attr);
	return -1;
}

void
link_new_pair(struct nl *nl, const struct link_pair *pair)
{
	struct ifinfomsg here = { .ifi_family = AF_UNSPEC };
	struct ifinfomsg there = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data, *peer;

	nl_msg(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &here, sizeof(here));
	nl_put_str(nl, IFLA_IFNAME, pair->name);
	nl_put_u32(nl, IFLA_GROUP, LINK_GROUP);
	if (pair->mtu)
		nl_put_u32(nl, IFLA_MTU, pair->mtu);
	if (pair->master)
		nl_put_u32(nl, IFLA_MASTER, (uint32_t)pair->master);
	if (pair->mac)
		nl_put(nl, IFLA_ADDRESS, pair->mac, 6);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put_str(nl, IFLA_INFO_KIND, "veth");
	data = nl_nest(nl, IFLA_INFO_DATA);
	peer = nl_nest(nl, VETH_INFO_PEER);
	nl_raw(nl, &there, sizeof(there));
	nl_put_str(nl, IFLA_IFNAME, pair->peer);
	nl_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)pair->netns);
	if (pair->mtu)
		nl_put_u32(nl, IFLA_MTU, pair->mtu);
	if (pair->peer_mac)
		nl_put(nl, IFLA_ADDRESS, pair->peer_mac, 6);
	nl_nest_end(nl, peer);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
}

static void
put_alt(struct nl *nl, const char *alt)
{
	struct nlattr *props = nl_nest(nl, IFLA_PROP_LIST);

	nl_put_str(nl, IFLA_ALT_IFNAME, alt);
	nl_nest_end(nl, props);
}

void
link_add_alt(struct nl *nl, const char *name, const char *alt)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };

	nl_msg(nl, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND,
	    &head, sizeof(head));
	nl_put_str(nl, IFLA_IFNAME, name);
	put_alt(nl, alt);
}

/* put_conf4 - settings of net.ipv4.conf.NAME */
static void
put_conf4(struct nl *nl, const struct link_set *set)
{
	struct nlattr *spec = nl_nest(nl, IFLA_AF_SPEC);
	struct nlattr *inet = nl_nest(nl, AF_INET);
	struct nlattr *conf = nl_nest(nl, IFLA_INET_CONF);

	if (set->wary)
		nl_put_u32(nl, IPV4_DEVCONF_ACCEPT_REDIRECTS, 0);
	if (set->announce)
		nl_put_u32(nl, IPV4_DEVCONF_ARP_NOTIFY, 1);
	nl_nest_end(nl, conf);
	nl_nest_end(nl, inet);
	nl_nest_end(nl, spec);
}

/*
 * open_anew - open a file for writing in a proc file system of our own
 *
 * Where /proc/sys is read-only, as in a container, that protects what is the
 * machine's; the settings of a link are its network namespace's.
 */
static int
open_anew(const char *path)
{
	auto_close int fs = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
	auto_close int proc = -1;

	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL,
	    NULL, 0) == 0)
		proc = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (proc >= 0)
		return openat(proc, path, O_WRONLY | O_CLOEXEC);
	errno = EROFS;
	return -1;
}

/* put_conf6 - one of net.ipv6.conf.NAME, if there is IPv6 */
static int
put_conf6(const char *name, const char *key, const char *value)
{
	char path[80];
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name,
	    key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == EROFS)
		fd = open_anew(path + strlen("/proc/"));
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return fd_write_all(fd, value, strlen(value));
}

int
link_no_ra(const struct link *link)
{
	if (link->wary)
		return 0;
	return put_conf6(link->name, "accept_ra", "0") < 0 ? -1 :
	    put_conf6(link->name, "accept_redirects", "0");
}

int
link_announce6(const char *name)
{
	return put_conf6(name, "ndisc_notify", "1");
}

void
link_mark(struct nl *nl, int index, uint32_t group)
{
	struct ifinfomsg head = { .ifi_index = index };

	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	nl_put_u32(nl, IFLA_GROUP, group);
}

void
link_set(struct nl *nl, int index, const struct link_set *set)
{
	struct ifinfomsg head = {
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};

	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	if (set->mac)
		nl_put(nl, IFLA_ADDRESS, set->mac, 6);
	if (set->mtu)
		nl_put_u32(nl, IFLA_MTU, set->mtu);
	if (set->master >= 0)
		nl_put_u32(nl, IFLA_MASTER, (uint32_t)set->master);
	if (set->wary || set->announce)
		put_conf4(nl, set);
}

void
link_del(struct nl *nl, int index)
{
	struct ifinfomsg head = { .ifi_index = index };

	nl_msg(nl, RTM_DELLINK, 0, &head, sizeof(head));
	nl_allow(nl, ENODEV);
}

void
link_move(struct nl *nl, int index, int netns, const char *name)
{
	struct ifinfomsg head = { .ifi_index = index };

	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	nl_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)netns);
	nl_put_str(nl, IFLA_IFNAME, name);
}

void
link_new_child(struct nl *nl, int index, int netns,
    const struct link_child *child)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data;
	uint32_t mode = child->mode;

	nl_msg(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	nl_put_str(nl, IFLA_IFNAME, child->name);
	nl_put_u32(nl, IFLA_LINK, (uint32_t)index);
	nl_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)netns);
	if (child->has_mac)
		nl_put(nl, IFLA_ADDRESS, child->mac, 6);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put_str(nl, IFLA_INFO_KIND, child->kind);
	data = nl_nest(nl, IFLA_INFO_DATA);
	if (!strcmp(child->kind, "macvlan"))
		nl_put(nl, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
	else
		nl_put(nl, IFLA_IPVLAN_MODE, &child->mode, sizeof(child->mode));
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
}

void
link_retire(struct nl *nl, const struct link *link)
{
	struct ifinfomsg head = {
		.ifi_index = link->index,
		.ifi_change = IFF_UP,
	};
	char unused[IFNAMSIZ];

	snprintf(unused, sizeof(unused), "c_%d", link->index);
	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	if (link->master)
		nl_put_u32(nl, IFLA_MASTER, 0);
	nl_allow(nl, ENODEV);
	head.ifi_change = 0;
	if (*link->alt) {
		nl_msg(nl, RTM_DELLINKPROP, 0, &head, sizeof(head));
		put_alt(nl, link->alt);
		nl_allow(nl, ENODEV);
	}
	/* Before 6.2 a link that is up keeps its name: hence a message more. */
	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	nl_put_str(nl, IFLA_IFNAME, unused);
	nl_allow(nl, ENODEV);
}
