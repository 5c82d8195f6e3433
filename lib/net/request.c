/* SPDX-License-Identifier: MIT */
/* request.c - parse and validate what is requested of a network */
#define _GNU_SOURCE
#include "net/request.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "net/netns.h"

void
request_init(struct network *net)
{
	memset(net, 0, sizeof(*net));
	net->ns = -1;
	net->n = 1;
}

void
request_names(struct network *net, const char *name,
    char netns[IFNAME_ALT_SIZE])
{
	struct veth_wanted *own = &net->pair[0];

	net->name = name;
	if (!*own->host) {
		if (!ifname_host(name, own->host, own->alt))
			*own->alt = '\0';
		strcpy(own->name, *own->alt ? own->alt : own->host);
	}
	snprintf(netns, IFNAME_ALT_SIZE, "net-%s", name);
	if (!net->netns)
		net->netns = netns;
	if (!own->peer)
		own->peer = "eth0";
}

static int
parse_address(struct address *to, int family, const char *text,
    struct errmsg *why)
{
	if (address_parse(text, to) < 0)
		return errmsg_set(why, "invalid interface address: %s", text);
	if (family != AF_UNSPEC && to->family != family)
		return errmsg_set(why, "not an IPv%d address: %s",
		    family == AF_INET ? 4 : 6, text);
	return 0;
}

int
request_address(struct address_list *list, int family, const char *text,
    struct errmsg *why)
{
	struct address a;

	if (parse_address(&a, family, text, why) < 0)
		return -1;
	if (address_list_has(list, &a, false))
		return errmsg_set(why, "given twice: %s", text);
	if (list->n == REQUEST_ADDRESSES)
		return errmsg_set(why, "more than %d addresses: %s",
		    REQUEST_ADDRESSES, text);
	list->addr[list->n++] = a;
	return 0;
}

int
request_set_gateway(struct addressing *set, int family, const char *text,
    struct errmsg *why)
{
	struct address a, *gateway;

	if (parse_address(&a, family, text, why) < 0)
		return -1;
	if (strchr(text, '/'))
		return errmsg_set(why, "gateway with a prefix length: %s", text);
	gateway = &set->gateway[family_index(a.family)];
	if (gateway->family)
		return errmsg_set(why, "more than one gateway: %s", text);
	*gateway = a;
	return 0;
}

/* hex - the value of a hexadecimal digit, or -1 */
static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;	/* lower case */
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* parse_mac - six bytes in hexadecimal, with colons between them */
static int
parse_mac(const char *s, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		if (i > 0 && *s++ != ':')
			return -1;
		if (hex(s[0]) < 0 || hex(s[1]) < 0)
			return -1;
		mac[i] = (uint8_t)(hex(s[0]) << 4 | hex(s[1]));
		s += 2;
	}
	if (*s)
		return -1;
	return 0;
}

int
request_mac(struct addressing *set, const char *text, struct errmsg *why)
{
	static const uint8_t zero[6];

	if (parse_mac(text, set->mac) < 0)
		return errmsg_set(why, "invalid MAC address: %s", text);
	if (set->mac[0] & 1 || !memcmp(set->mac, zero, 6))
		return errmsg_set(why, "not a unicast MAC address: %s", text);
	set->has_mac = true;
	return 0;
}

int
request_mtu(struct addressing *set, const char *text, struct errmsg *why)
{
	long long mtu = num_read(text, 65535);

	if (*text == '0' || mtu < 68)
		return errmsg_set(why, "invalid MTU (68 to 65535): %s", text);
	set->mtu = (uint32_t)mtu;
	return 0;
}

int
request_host_name(struct veth_wanted *pair, const char *text,
    struct errmsg *why)
{
	if (!ifname_ok(text))
		return errmsg_set(why, "invalid interface name: %s", text);
	strcpy(pair->host, text);
	strcpy(pair->name, text);
	return 0;
}

int
request_peer_name(struct veth_wanted *pair, const char *text,
    struct errmsg *why)
{
	if (!ifname_ok(text))
		return errmsg_set(why, "invalid interface name: %s", text);
	pair->peer = text;
	return 0;
}

int
request_bridge(struct veth_wanted *pair, const char *text, struct errmsg *why)
{
	if (!ifname_ok(text))
		return errmsg_set(why, "invalid interface name: %s", text);
	strcpy(pair->bridge, text);
	return 0;
}

/* split_at - end text at the first c; returns what follows, or NULL */
static char *
split_at(char *text, char c)
{
	char *at = NULL;

	if (text)
		at = strchr(text, c);
	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* set_key - handle one KEY=VALUE of an extra pair */
static int
set_key(struct veth_wanted *pair, char *text, struct errmsg *why)
{
	struct addressing *set = &pair->set;
	const char *value = split_at(text, '=');

	if (!value)
		return errmsg_set(why, "not KEY=VALUE: %s", text);
	if (!strcmp(text, "host"))
		return request_address(&set->host, AF_UNSPEC, value, why);
	if (!strcmp(text, "local"))
		return request_address(&set->inner, AF_UNSPEC, value, why);
	if (!strcmp(text, "bridge"))
		return request_bridge(pair, value, why);
	if (!strcmp(text, "mac"))
		return request_mac(set, value, why);
	if (!strcmp(text, "mtu"))
		return request_mtu(set, value, why);
	return errmsg_set(why, "unknown key (host, local, bridge, mac, mtu): "
	    "%s", text);
}

int
request_pair(struct network *net, const char *text, struct errmsg *why)
{
	struct veth_wanted *pair = &net->pair[net->n];
	char buf[1024], *keys, *key;

	if (net->n == NETWORK_PAIRS)
		return errmsg_set(why, "more than %d extra pairs: %s",
		    NETWORK_EXTRA, text);
	if ((size_t)snprintf(buf, sizeof(buf), "%s", text) >= sizeof(buf))
		return errmsg_set(why, "too long: %s", text);
	keys = split_at(buf, ':');
	memset(pair, 0, sizeof(*pair));
	if (request_host_name(pair, buf, why) < 0)
		return -1;
	pair->peer = pair->host;
	for (key = strsep(&keys, ","); key; key = strsep(&keys, ","))
		if (*key && set_key(pair, key, why) < 0)
			return -1;
	net->n++;
	return 0;
}

int
request_netns(struct network *net, const char *text, struct errmsg *why)
{
	char path[4096];

	if (netns_path(text, path, sizeof(path)) < 0)
		return errmsg_set(why, "invalid network namespace: %s", text);
	net->netns = text;
	return 0;
}

static int
add_nic(struct network *net, const struct nic *nic, struct errmsg *why)
{
	const char *name = nic_name(nic);

	for (int i = 0; i < net->nics; i++)
		if (!strcmp(nic_name(&net->nic[i]), name))
			return errmsg_set(why, "given twice: %s", name);
	if (net->nics == NIC_MAX)
		return errmsg_set(why, "more than %d interfaces: %s", NIC_MAX,
		    name);
	net->nic[net->nics++] = *nic;
	return 0;
}

int
request_move(struct network *net, const char *text, struct errmsg *why)
{
	struct nic nic = { .move = true };

	if (!ifname_ok(text))
		return errmsg_set(why, "invalid interface name: %s", text);
	strcpy(nic.from, text);
	return add_nic(net, &nic, why);
}

/* set_mode - by name; NULL: the first one of the kind is the default */
static int
set_mode(struct link_child *child, const char *name)
{
	static const struct {
		const char *name, *kind;
		uint16_t mode;
	} modes[] = {
		{ "bridge", "macvlan", MACVLAN_MODE_BRIDGE },
		{ "private", "macvlan", MACVLAN_MODE_PRIVATE },
		{ "vepa", "macvlan", MACVLAN_MODE_VEPA },
		{ "passthru", "macvlan", MACVLAN_MODE_PASSTHRU },
		{ "l2", "ipvlan", IPVLAN_MODE_L2 },
		{ "l3", "ipvlan", IPVLAN_MODE_L3 },
		{ "l3s", "ipvlan", IPVLAN_MODE_L3S },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(modes[i].kind, child->kind))
			continue;
		if (!name || !strcmp(modes[i].name, name)) {
			child->mode = modes[i].mode;
			return 0;
		}
	}
	return -1;
}

int
request_child(struct network *net, bool ipvlan, const char *text,
    struct errmsg *why)
{
	struct nic nic = { .child.kind = "macvlan" };
	char buf[64], *name, *mode;

	if (ipvlan)
		nic.child.kind = "ipvlan";
	if ((size_t)snprintf(buf, sizeof(buf), "%s", text) >= sizeof(buf))
		return errmsg_set(why, "not IFNAME[:NAME[:MODE]]: %s", text);
	name = split_at(buf, ':');
	mode = split_at(name, ':');
	if (!ifname_ok(buf) || (name && *name && !ifname_ok(name)))
		return errmsg_set(why, "invalid interface name: %s", text);
	strcpy(nic.from, buf);
	if (name && *name)
		strcpy(nic.child.name, name);
	else
		snprintf(nic.child.name, sizeof(nic.child.name),
		    "%cv-%.12s", nic.child.kind[0], nic.from);
	if (set_mode(&nic.child, mode) < 0)
		return errmsg_set(why, "unknown %s mode: %s", nic.child.kind,
		    text);
	return add_nic(net, &nic, why);
}

/* complete_gateway - check the gateway of a family, or set the default one */
static int
complete_gateway(struct addressing *set, int family, bool defroute,
    struct errmsg *why)
{
	struct address *gateway = &set->gateway[family_index(family)];
	const struct address *host = address_list_first(&set->host, family);
	bool reachable = address_list_first(&set->inner, family);
	char text[ADDRESS_TEXT];

	if (!gateway->family) {
		if (defroute && host && reachable) {
			*gateway = *host;
			gateway->prefix = (uint8_t)address_bits(host);
		}
		return 0;
	}
	address_text(gateway, false, text);
	if (!defroute)
		return errmsg_set(why, "gateway without a default route: %s",
		    text);
	if (!reachable)
		return errmsg_set(why, "gateway %s: the container has no IPv%d "
		    "address", text, family == AF_INET ? 4 : 6);
	if (address_list_has(&set->inner, gateway, false))
		return errmsg_set(why, "gateway %s: the container has this "
		    "address", text);
	return 0;
}

/* requested - something that was requested for the pair, or NULL */
static const char *
requested(const struct veth_wanted *pair)
{
	const struct addressing *set = &pair->set;

	if (set->host.n || set->inner.n)
		return "an address";
	if (set->gateway[0].family || set->gateway[1].family)
		return "a gateway";
	if (set->has_mac)
		return "a MAC address";
	if (set->mtu)
		return "an MTU";
	if (*pair->bridge)
		return "a bridge";
	return NULL;
}

static int
validate_pair(struct veth_wanted *pair, bool defroute, struct errmsg *why)
{
	struct addressing *set = &pair->set;
	const struct address_list *host = &set->host, *inner = &set->inner;
	char text[ADDRESS_TEXT];

	if (*pair->bridge && host->n) {
		address_text(&host->addr[0], false, text);
		return errmsg_set(why, "on a bridge, the host's end has no "
		    "address: %s", text);
	}
	for (int i = 0; i < host->n; i++) {
		if (!address_list_has(inner, &host->addr[i], false))
			continue;
		address_text(&host->addr[i], false, text);
		return errmsg_set(why, "the same address on both ends: %s",
		    text);
	}
	if (set->mtu && set->mtu < 1280 && (address_list_first(host,
	    AF_INET6) || address_list_first(inner, AF_INET6)))
		return errmsg_set(why, "IPv6 needs an MTU of at least 1280: %u",
		    set->mtu);
	pair->default_routes = defroute;
	if (complete_gateway(set, AF_INET, defroute, why) < 0)
		return -1;
	return complete_gateway(set, AF_INET6, defroute, why);
}

/* validate_names - no two interfaces on one side have the same name */
static int
validate_names(const struct network *net, struct errmsg *why)
{
	for (int i = net->no_pair; i < net->n; i++) {
		const struct veth_wanted *pair = &net->pair[i];

		for (int k = 0; k < net->nics; k++)
			if (!strcmp(nic_name(&net->nic[k]), pair->peer))
				return errmsg_set(why, "two interfaces with "
				    "the same name: %s", pair->peer);
		for (int k = i + 1; k < net->n; k++)
			if (!strcmp(net->pair[k].peer, pair->peer) ||
			    !strcmp(net->pair[k].host, pair->host))
				return errmsg_set(why, "two pairs with the "
				    "same name: %s",
				    net->pair[k].peer);
	}
	return 0;
}

int
request_validate(struct network *net, bool defroute, struct errmsg *why)
{
	const char *what = requested(&net->pair[0]);

	if (net->no_pair && what)
		return errmsg_set(why, "--no-pair conflicts with %s", what);
	for (int i = net->no_pair; i < net->n; i++)
		/* Extra pairs have no default route. */
		if (validate_pair(&net->pair[i], defroute && i == 0, why) < 0)
			return -1;
	return validate_names(net, why);
}
