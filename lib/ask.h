/* SPDX-License-Identifier: MIT */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ctrnet.h"
#include "why.h"

/*
 * ask_nothing - a network of which nothing is asked yet, save for a pair
 *
 * Places that nothing is asked of are not written to, so as to be no memory.
 */
void ask_nothing(struct ctrnet *net);

/*
 * ask_addr - one more address of a side
 *
 * family is AF_UNSPEC or the one it must have.  This and those below that
 * read a text keep no copy of it; they return 0, or -1 with why naming the
 * text that is wrong.
 */
int ask_addr(struct plan_side *side, int family, const char *text,
    struct why *why);

/* ask_via - the gateway of its family */
int ask_via(struct plan *plan, int family, const char *text, struct why *why);

/* ask_mac - six bytes in hexadecimal, with colons: an address of one host */
int ask_mac(struct plan *plan, const char *text, struct why *why);

/* ask_mtu - 68 to 65535 */
int ask_mtu(struct plan *plan, const char *text, struct why *why);

/* ask_bridge - the bridge of the host's end */
int ask_bridge(struct pair *pair, const char *text, struct why *why);

/*
 * ask_pair - one pair more, as NAME[:KEY=VALUE,...]
 *
 * KEY is host or local (an address; several may be given), bridge, mac or mtu.
 */
int ask_pair(struct ctrnet *net, const char *text, struct why *why);

/* ask_ifname - the name of the end on the host, if host, or of the other */
int ask_ifname(struct pair *pair, bool host, const char *text,
    struct why *why);

/* ask_netns - the namespace, as netns_open takes it */
int ask_netns(struct ctrnet *net, const char *text, struct why *why);

/* ask_move - one more interface to move into the container */
int ask_move(struct ctrnet *net, const char *text, struct why *why);

/*
 * ask_child - one more macvlan, or ipvlan, as IFNAME[:NAME[:MODE]]
 *
 * NAME is that of systemd-nspawn where none is given: "mv-" or "iv-" and
 * IFNAME, cut to fit.
 */
int ask_child(struct ctrnet *net, bool ipvlan, const char *text,
    struct why *why);

/*
 * ask_names - the usual names, where no other was asked for
 *
 * name, of the container, has passed name_ok; net then points to it and to
 * netns.
 */
void ask_names(struct ctrnet *net, const char *name,
    char netns[IFNAME_ALT_SIZE]);

/*
 * ask_done - check that nothing asked for contradicts the rest
 *
 * With defroute, each family that the container has an address of gets a
 * default route: by the gateway given or else the host's first address.
 */
int ask_done(struct ctrnet *net, bool defroute, struct why *why);

#endif
