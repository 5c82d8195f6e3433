/* SPDX-License-Identifier: MIT */
/* link.c - rtnetlink messages about links */
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mount.h>
#include <linux/neighbour.h>
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
request_link(struct nl *nl, int index)
{
	struct ifinfomsg head = { .ifi_index = index };

	nl_msg(nl, RTM_GETLINK, 0, &head, sizeof(head));
	nl_put_u32(nl, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

void
link_get(struct nl *nl, const char *name)
{
	bool is_alt = strlen(name) >= IFNAMSIZ;

	request_link(nl, 0);
	/* IFLA_IFNAME finds alternative names too, and works before 5.5. */
	nl_put_str(nl, is_alt ? IFLA_ALT_IFNAME : IFLA_IFNAME, name);
}

void
link_get_alt(struct nl *nl, const char *name)
{
	request_link(nl, 0);
	nl_put_str(nl, IFLA_ALT_IFNAME, name);
}

void
link_get_index(struct nl *nl, int index)
{
	request_link(nl, index);
}

/* copy_text - copy a string attribute; cut to size, "" if attr is NULL */
static void
copy_text(char *to, size_t size, const struct nlattr *attr)
{
	size_t n = 0;

	if (attr)
		n = mnl_attr_get_payload_len(attr);
	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(to, mnl_attr_get_payload(attr), n);
	to[n] = '\0';
}

static void
copy_mac(uint8_t to[6], const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == 6)
		memcpy(to, mnl_attr_get_payload(attr), 6);
}

/* is_off - is setting n of an array of them reported, and zero? */
static bool
is_off(const struct nlattr *array, size_t n)
{
	const int32_t *conf;

	if (!array || mnl_attr_get_payload_len(array) <= n * sizeof(*conf))
		return false;
	conf = mnl_attr_get_payload(array);
	return conf[n] == 0;
}

static bool
ignores_ra(const struct nlattr *spec)
{
	const struct nlattr *v4, *v6;

	v4 = nl_find_nested(nl_find_nested(spec, AF_INET), IFLA_INET_CONF);
	v6 = nl_find_nested(nl_find_nested(spec, AF_INET6), IFLA_INET6_CONF);
	/* The constants for IPv4 begin with 1. */
	if (!is_off(v4, IPV4_DEVCONF_ACCEPT_REDIRECTS - 1))
		return false;
	/* A host may be without IPv6. */
	return !v6 || (is_off(v6, DEVCONF_ACCEPT_RA) &&
	    is_off(v6, DEVCONF_ACCEPT_REDIRECTS));
}

/* port_number - a number of a bridge port; -1 for a port of anything else */
static int
port_number(const struct nlattr *info, int type)
{
	const struct nlattr *data, *number;
	char kind[LINK_KIND];

	copy_text(kind, sizeof(kind), nl_find_nested(info, IFLA_INFO_SLAVE_KIND));
	data = nl_find_nested(info, IFLA_INFO_SLAVE_DATA);
	number = nl_find_nested(data, type);
	if (!number || mnl_attr_get_payload_len(number) != 1 ||
	    strcmp(kind, "bridge"))
		return -1;
	return mnl_attr_get_u8(number);
}

static void
read_attr(const struct nlattr *attr, struct link *link)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		copy_text(link->name, sizeof(link->name), attr);
		break;
	case IFLA_LINK: link->peer = (int)nl_number(attr); break;
	case IFLA_LINK_NETNSID: link->nsid = (int)nl_number(attr); break;
	case IFLA_MASTER: link->master = (int)nl_number(attr); break;
	case IFLA_MTU: link->mtu = nl_number(attr); break;
	case IFLA_GROUP:
		link->has_extra = nl_number(attr) == LINK_GROUP_EXTRA;
		link->marked = link->has_extra ||
		    nl_number(attr) == LINK_GROUP;
		break;
	case IFLA_LINKINFO:
		copy_text(link->kind, sizeof(link->kind),
		    nl_find_nested(attr, IFLA_INFO_KIND));
		link->port = port_number(attr, IFLA_BRPORT_STATE);
		link->learns = port_number(attr, IFLA_BRPORT_LEARNING) > 0;
		break;
	case IFLA_PROP_LIST:
		copy_text(link->alt, sizeof(link->alt),
		    nl_find_nested(attr, IFLA_ALT_IFNAME));
		break;
	case IFLA_ADDRESS: copy_mac(link->mac, attr); break;
	case IFLA_AF_SPEC: link->ignores_ra = ignores_ra(attr); break;
	}
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
	/* Some kernels omit IFLA_LINK if both ends have the same index. */
	link->index = link->peer = head->ifi_index;
	link->flags = head->ifi_flags;
	mnl_attr_for_each(attr, answer, sizeof(*head)) {
		read_attr(attr, link);
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
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct ifinfomsg peer_head = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data, *peer;

	nl_msg(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
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
	nl_raw(nl, &peer_head, sizeof(peer_head));
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

/* put_conf4 - set net.ipv4.conf.NAME */
static void
put_conf4(struct nl *nl, const struct link_set *set)
{
	struct nlattr *spec = nl_nest(nl, IFLA_AF_SPEC);
	struct nlattr *inet = nl_nest(nl, AF_INET);
	struct nlattr *conf = nl_nest(nl, IFLA_INET_CONF);

	if (set->no_redirects)
		nl_put_u32(nl, IPV4_DEVCONF_ACCEPT_REDIRECTS, 0);
	if (set->announce)
		nl_put_u32(nl, IPV4_DEVCONF_ARP_NOTIFY, 1);
	nl_nest_end(nl, conf);
	nl_nest_end(nl, inet);
	nl_nest_end(nl, spec);
}

/*
 * open_own_proc - open a file for writing in a new proc file system
 *
 * In a container /proc/sys is read-only to protect the machine's settings, but
 * the settings of a link belong to its network namespace.
 */
static int
open_own_proc(const char *path)
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

/* write_conf6 - set net.ipv6.conf.NAME.KEY; does nothing without IPv6 */
static int
write_conf6(const char *name, const char *key, const char *value)
{
	char path[80];
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name,
	    key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == EROFS)
		fd = open_own_proc(path + strlen("/proc/"));
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return fd_write_all(fd, value, strlen(value));
}

int
link_ignore_ra(const struct link *link)
{
	if (link->ignores_ra)
		return 0;
	if (write_conf6(link->name, "accept_ra", "0") < 0)
		return -1;
	return write_conf6(link->name, "accept_redirects", "0");
}

int
link_announce6(const char *name)
{
	return write_conf6(name, "ndisc_notify", "1");
}

void
link_pin(struct nl *nl, int index, const uint8_t mac[6])
{
	struct ifinfomsg head = { .ifi_index = index };
	const struct ndmsg entry = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = index,
		.ndm_state = NUD_NOARP,
		.ndm_flags = NTF_MASTER,
	};
	struct nlattr *info, *data;

	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put_str(nl, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nl_nest(nl, IFLA_INFO_SLAVE_DATA);
	nl_put_u8(nl, IFLA_BRPORT_LEARNING, 0);
	nl_put(nl, IFLA_BRPORT_FLUSH, NULL, 0);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	nl_msg(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &entry,
	    sizeof(entry));
	nl_put(nl, NDA_LLADDR, mac, 6);
}

void
link_get_pin(struct nl *nl, int index, const uint8_t mac[6])
{
	const struct ndmsg head = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = index,
		.ndm_flags = NTF_MASTER,
	};

	nl_msg(nl, RTM_GETNEIGH, 0, &head, sizeof(head));
	nl_put(nl, NDA_LLADDR, mac, 6);
}

bool
link_is_pinned(const struct nlmsghdr *answer, int index)
{
	const struct ndmsg *head = mnl_nlmsg_get_payload(answer);

	return answer->nlmsg_type == RTM_NEWNEIGH &&
	    mnl_nlmsg_get_payload_len(answer) >= sizeof(*head) &&
	    head->ndm_ifindex == index &&
	    head->ndm_state & (NUD_NOARP | NUD_PERMANENT);
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
	if (set->no_redirects || set->announce)
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
link_rename(struct nl *nl, int index, const char *name)
{
	struct ifinfomsg head = { .ifi_index = index };

	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
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
link_abandon(struct nl *nl, const struct link *link)
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
	/* A separate message: before 6.2 a link must be down to be renamed. */
	nl_msg(nl, RTM_NEWLINK, 0, &head, sizeof(head));
	nl_put_str(nl, IFLA_IFNAME, unused);
	nl_allow(nl, ENODEV);
}
