/* SPDX-License-Identifier: MIT */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/network.h"
#include "base/errmsg.h"

/*
 * request_init - a network of which nothing is asked yet, save for a pair
 *
 * Places that nothing is asked of are not written to, so as to be no memory.
 */
void request_init(struct network *net);

/*
 * request_addr - one more address of a side
 *
 * family is AF_UNSPEC or the one it must have.  This and those below that
 * read a text keep no copy of it; they return 0, or -1 with why naming the
 * text that is wrong.
 */
int request_addr(struct plan_side *side, int family, const char *text,
    struct errmsg *why);

/* request_set_gateway - the gateway of its family */
int request_set_gateway(struct plan *plan, int family, const char *text, struct errmsg *why);

/* request_mac - six bytes in hexadecimal, with colons: an address of one host */
int request_mac(struct plan *plan, const char *text, struct errmsg *why);

/* request_mtu - 68 to 65535 */
int request_mtu(struct plan *plan, const char *text, struct errmsg *why);

/* request_bridge - the bridge of the host's end */
int request_bridge(struct pair *pair, const char *text, struct errmsg *why);

/*
 * request_pair - one pair more, as NAME[:KEY=VALUE,...]
 *
 * KEY is host or local (an address; several may be given), bridge, mac or mtu.
 */
int request_pair(struct network *net, const char *text, struct errmsg *why);

/* request_ifname - the name of the end on the host, if host, or of the other */
int request_ifname(struct pair *pair, bool host, const char *text,
    struct errmsg *why);

/* request_netns - the namespace, as netns_open takes it */
int request_netns(struct network *net, const char *text, struct errmsg *why);

/* request_move - one more interface to move into the container */
int request_move(struct network *net, const char *text, struct errmsg *why);

/*
 * request_child - one more macvlan, or ipvlan, as IFNAME[:NAME[:MODE]]
 *
 * NAME is that of systemd-nspawn where none is given: "mv-" or "iv-" and
 * IFNAME, cut to fit.
 */
int request_child(struct network *net, bool ipvlan, const char *text,
    struct errmsg *why);

/*
 * request_names - the usual names, where no other was asked for
 *
 * name, of the container, has passed name_ok; net then points to it and to
 * netns.
 */
void request_names(struct network *net, const char *name,
    char netns[IFNAME_ALT_SIZE]);

/*
 * request_validate - check that nothing asked for contradicts the rest
 *
 * With defroute, each family that the container has an address of gets a
 * default route: by the gateway given or else the host's first address.
 */
int request_validate(struct network *net, bool defroute, struct errmsg *why);

#endif
