/* SPDX-License-Identifier: MIT */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/errmsg.h"
#include "net/network.h"

enum { REQUEST_ADDRESSES = 16 };	/* for one end of a pair */

/* request_init - an empty request: one pair */
void request_init(struct network *net);

/*
 * request_address - add an address of one end
 *
 * family is the one it must have, or AF_UNSPEC.  This and the functions below
 * return 0, or -1 with why naming the invalid text.
 */
int request_address(struct address_list *list, int family, const char *text,
    struct errmsg *why);

/* request_set_gateway - set the gateway of its address family */
int request_set_gateway(struct addressing *set, int family, const char *text,
    struct errmsg *why);

/* request_mac - set the MAC address: six hexadecimal bytes, unicast */
int request_mac(struct addressing *set, const char *text, struct errmsg *why);

/* request_mtu - set the MTU, 68 to 65535 */
int request_mtu(struct addressing *set, const char *text, struct errmsg *why);

/* request_bridge - set the bridge of the host's end */
int request_bridge(struct veth_wanted *pair, const char *text,
    struct errmsg *why);

/*
 * request_pair - add an extra pair, NAME[:KEY=VALUE,...]
 *
 * KEY is host or local (an address; may be repeated), bridge, mac or mtu.
 */
int request_pair(struct network *net, const char *text, struct errmsg *why);

/* request_host_name - set the name of the host's end */
int request_host_name(struct veth_wanted *pair, const char *text,
    struct errmsg *why);

/* request_peer_name - set that of the container's end; text is not copied */
int request_peer_name(struct veth_wanted *pair, const char *text,
    struct errmsg *why);

/* request_netns - set the namespace, see netns_open; text is not copied */
int request_netns(struct network *net, const char *text, struct errmsg *why);

/* request_move - add an interface to move into the container */
int request_move(struct network *net, const char *text, struct errmsg *why);

/*
 * request_child - add a macvlan or ipvlan, IFNAME[:NAME[:MODE]]
 *
 * The default NAME is that of systemd-nspawn: "mv-" or "iv-" and IFNAME, cut
 * to 15 characters.
 */
int request_child(struct network *net, bool ipvlan, const char *text,
    struct errmsg *why);

/*
 * request_names - fill in the default names
 *
 * name, of the container, has passed name_ok.  net then points to it, and to
 * netns.
 */
void request_names(struct network *net, const char *name,
    char netns[IFNAME_ALT_SIZE]);

/*
 * request_validate - check for contradictions, and set the default gateways
 *
 * With defroute, each address family of the container gets a default route:
 * through the gateway requested, or else through the host's first address.
 */
int request_validate(struct network *net, bool defroute, struct errmsg *why);

#endif
