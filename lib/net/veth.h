/* SPDX-License-Identifier: MIT */
#ifndef NET_VETH_H
#define NET_VETH_H

#include "base/errmsg.h"
#include "net/address.h"
#include "net/ifname.h"
#include "net/link.h"
#include "net/place.h"

/*
 * What the two ends of a pair are set to.  The routes follow from it: each end
 * has a route to every address of the other that is in no network of its own,
 * and the container has default routes through the gateways.
 */
struct addressing {
	struct address_list host, inner;
	struct address gateway[2];	/* see family_index */
	int bridge;		/* index of the bridge of the host's end, or 0 */
	uint32_t mtu;		/* of both ends; 0: unchanged */
	bool has_mac;
	uint8_t mac[6];		/* of the container's end */
};

/* A veth pair as requested. */
struct veth_wanted {
	char name[IFNAME_ALT_SIZE];	/* finds the host's end; in messages */
	char host[IFNAMSIZ];		/* interface on the host */
	char alt[IFNAME_ALT_SIZE];	/* its alternative name, or "" */
	const char *peer;		/* interface in the container */
	char bridge[IFNAMSIZ];		/* or "" */
	bool default_routes;		/* through a gateway that is not given, too */
	struct addressing set;		/* bridge: see veth_ensure */
};

/* A veth pair as the kernel reports it. */
struct veth_found {
	struct link host;	/* index 0: no pair */
	struct link inner;	/* index 0: not known */
	struct link bridge;	/* index 0: none */
	struct addressing set;
	bool created;		/* by veth_ensure, or it may be */
};

/*
 * These functions return 0, or -1 with errno and why.
 *
 * veth_find - find host and bridge of a pair; changes nothing
 *
 * EEXIST: a link has this name but was not made by mkveth.
 */
int veth_find(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why);

/*
 * veth_ensure - create or change a pair, after veth_find
 *
 * An existing pair is changed where it differs, and restored on failure; a
 * pair with its other end in another namespace is replaced.  A new pair on a
 * bridge gets stable MAC addresses, and its addresses are announced on the
 * bridge.  What want leaves open (bridge index, MTU, MAC address) is filled in.
 * The process must be in the host's namespace.
 */
int veth_ensure(const struct place *at, struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why);

/*
 * veth_verify - say what veth_ensure would create or change, after veth_find
 *
 * at->verify is set, and both sockets withhold changes.
 */
int veth_verify(const struct place *at, struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why);

/* veth_undo - remove the pair if veth_ensure created it; ignores errors */
void veth_undo(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found);

/* veth_leads_to - is the other end of the link in inner_ns?  1, 0 or -1 */
int veth_leads_to(const struct place *at, const struct link *link);

/*
 * veth_abandon - leave the host's end to die with the container's namespace
 *
 * Its names can be used again; it is down and has no addresses.  veth_remove
 * removes the pair, which takes the kernel 20 ms (an rcu_barrier).
 */
int veth_abandon(struct nl *host, const struct link *link, struct errmsg *why);
int veth_remove(struct nl *host, const struct link *link, struct errmsg *why);

/*
 * veth_read - read the state of a pair, for display
 *
 * found->set has all lasting addresses, those set by others too.  inner_ns may
 * be -1; else inner is opened and closed here, and the process ends up in that
 * namespace.  ENODEV: mkveth made no such link.
 */
int veth_read(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why);

#endif
