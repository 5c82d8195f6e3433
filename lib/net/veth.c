/* SPDX-License-Identifier: MIT */
/*
 * veth.c - a veth pair between the host and a container
 *
 * If mkveth is killed, the pair is found again by its name and mark.  It may
 * lack addresses; the next add completes it, or del removes it.
 */
#define _GNU_SOURCE
#include "net/veth.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "net/addressing.h"
#include "net/explain.h"
#include "net/mac.h"
#include "net/route.h"
#include "net/verify.h"

/* How often to poll for a bridge port to forward; it takes less than 1 ms. */
enum { PORT_TRIES = 50, PORT_PAUSE_MS = 1 };

static void
on_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

/* get_link - read a link by name; index 0: it does not exist */
static int
get_link(struct nl *nl, const char *name, struct link *link)
{
	link->index = 0;
	link_get(nl, name);
	nl_allow(nl, ENODEV);
	return nl_run(nl, on_link, link);
}

int
veth_find(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	if (get_link(at->host, want->name, &found->host) < 0)
		return explain(at->host, want->name, why);
	if (found->host.index && !found->host.ours) {
		errno = EEXIST;
		return errmsg_set(why, "link %s: not made by mkveth (no veth in "
		    "group %d or %d)", want->name, LINK_GROUP,
		    LINK_GROUP_EXTRA);
	}
	if (!*want->bridge)
		return 0;
	link_get(at->host, want->bridge);
	if (nl_run(at->host, on_link, &found->bridge) < 0)
		return errmsg_errno(why, "bridge %s", want->bridge);
	return 0;
}

static void
on_nsid(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	*(int *)arg = link_read_nsid(answer);
}

int
veth_leads_to(const struct place *at, const struct link *link)
{
	int nsid = -1;

	link_get_nsid(at->host, at->inner_ns);
	if (nl_run(at->host, on_nsid, &nsid) < 0)
		return -1;
	return nsid >= 0 && link->nsid == nsid;
}

int
veth_remove(struct nl *host, const struct link *link, struct errmsg *why)
{
	link_del(host, link->index);
	if (nl_run(host, NULL, NULL) < 0)
		return explain(host, link->name, why);
	return 0;
}

int
veth_abandon(struct nl *host, const struct link *link, struct errmsg *why)
{
	link_abandon(host, link);
	do {
		/* Each removes one; mostly the second finds that none is left. */
		route_addr_del_any(host, link->index);
		route_addr_del_any(host, link->index);
		/* The IPv6 addresses went when the link went down. */
		if (nl_run(host, NULL, NULL) < 0)
			return explain(host, link->name, why);
	} while (host->last_err == 0);
	return 0;
}

/*
 * reuse_or_replace - decide whether the existing pair can be reused
 *
 * Returns 1 if so; 0 after removing one that leads to another namespace; -1.
 */
static int
reuse_or_replace(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	int r = veth_leads_to(at, &found->host);

	if (r < 0)
		return explain(at->host, want->name, why);
	if (r == 1)
		return 1;
	if (veth_remove(at->host, &found->host, why) < 0)
		return -1;
	found->host.index = 0;
	return 0;
}

/* inner_mac - MAC address of the container's end: as asked for, or a stable one */
static int
inner_mac(const struct place *at, const struct veth_wanted *want,
    uint8_t mac[6])
{
	if (!want->set.has_mac)
		return mac_derive(MAC_INNER, at->name, want->peer, mac);
	memcpy(mac, want->set.mac, 6);
	return 0;
}

/* create - create a pair, down and without addresses */
static int
create(const struct place *at, struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	struct addressing *set = &want->set;
	uint8_t mac[6];
	struct link_pair pair = {
		.name = want->host,
		.peer = want->peer,
		.netns = at->inner_ns,
		.master = set->bridge,
		.mtu = set->mtu,
	};

	/* On a bridge others remember MAC addresses, so ours are stable. */
	if (set->bridge)
		set->has_mac = inner_mac(at, want, set->mac) == 0;
	if (set->bridge && mac_derive(MAC_HOST, at->name, want->peer, mac) == 0)
		pair.mac = mac;
	if (set->has_mac)
		pair.peer_mac = set->mac;
	found->created = true;
	link_new_pair(at->host, &pair);
	if (*want->alt)
		link_add_alt(at->host, want->host, want->alt);
	link_get(at->host, want->host);
	if (nl_run(at->host, on_link, &found->host) == 0)
		return 0;
	if (errno != EEXIST || at->host->failed != 0)
		return explain(at->host, want->name, why);
	found->created = false;
	return errmsg_errno(why, "link %s with peer %s in %s", want->host,
	    want->peer, at->netns);
}

/* fill_from_current - keep the MAC address if none is asked for */
static void
fill_from_current(struct addressing *want, const struct addressing *current)
{
	if (!want->has_mac)
		memcpy(want->mac, current->mac, sizeof(want->mac));
	want->has_mac = true;
}

/* read_current - read an existing pair and fill in what want leaves open */
static int
read_current(const struct place *at, struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	if (addressing_read(at, want, found, why) < 0)
		return -1;
	if (strcmp(found->inner.name, want->peer)) {
		errno = EEXIST;
		return errmsg_set(why, "link %s: its peer is %s, not %s",
		    want->name, found->inner.name, want->peer);
	}
	fill_from_current(&want->set, &found->set);
	return 0;
}

/* refuse_ra - let the host take no routes from the container */
static int
refuse_ra(const struct veth_found *found, struct errmsg *why)
{
	if (link_ignore_ra(&found->host) == 0)
		return 0;
	/* A bridge port takes none anyway. */
	if (found->bridge.index && errno == EROFS)
		return 0;
	return errmsg_errno(why, "link %s: disable router advertisements",
	    found->host.name);
}

/* await_port - wait until the bridge forwards what comes from the link */
static int
await_port(struct nl *host, int index)
{
	struct link link;

	for (int i = 0; i < PORT_TRIES; i++) {
		link_get_index(host, index);
		if (nl_run(host, on_link, &link) < 0)
			return -1;
		/* With the spanning tree protocol it takes half a minute. */
		if (link.port != LINK_PORT_OFF)
			break;
		(void)poll(NULL, 0, PORT_PAUSE_MS);
	}
	return 0;
}

/* enable_announce6 - let the kernel announce IPv6 addresses; ignores errors */
static int
enable_announce6(const struct place *at, const char *peer)
{
	if (setns(at->inner_ns, CLONE_NEWNET) < 0)
		return 0;
	(void)link_announce6(peer);
	return setns(at->host_ns, CLONE_NEWNET);
}

/*
 * announce - announce a new pair's addresses on its bridge
 *
 * The kernel does it when a MAC address is set, even to the same value.
 */
static int
announce(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, struct errmsg *why)
{
	struct link_set same_mac = { .master = -1, .mac = want->set.mac };

	if (enable_announce6(at, want->peer) < 0)
		return errmsg_errno(why, "return to the host's namespace");
	if (!want->set.has_mac || !want->set.inner.n ||
	    !(found->bridge.flags & IFF_UP))
		return 0;
	if (await_port(at->host, found->host.index) < 0)
		return explain(at->host, want->name, why);
	link_set(at->inner, found->host.peer, &same_mac);
	if (nl_run(at->inner, NULL, NULL) < 0)
		return explain(at->inner, want->peer, why);
	return 0;
}

/* pin - let the bridge know the container's MAC address, and learn no others */
static int
pin(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, const uint8_t mac[6], struct errmsg *why)
{
	link_pin(at->host, found->host.index, mac);
	/* The port may be that of a switch in hardware, or something else. */
	if (nl_run(at->host, NULL, NULL) == 0 || errno == EOPNOTSUPP)
		return 0;
	return explain(at->host, want->name, why);
}

int
veth_ensure(const struct place *at, struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	uint8_t mac[6];
	bool has_mac;
	int reuse = 0;

	want->set.bridge = found->bridge.index;
	/* Not the address that the container's end has by now. */
	has_mac = want->set.bridge && inner_mac(at, want, mac) == 0;
	if (found->host.index)
		reuse = reuse_or_replace(at, want, found, why);
	if (reuse < 0)
		return -1;
	if (!reuse && create(at, want, found, why) < 0)
		return -1;
	if (refuse_ra(found, why) < 0)
		return -1;
	if (reuse && read_current(at, want, found, why) < 0)
		return -1;
	if (addressing_set(at, want, found, why) < 0)
		return -1;
	if (has_mac && pin(at, want, found, mac, why) < 0)
		return -1;
	if (want->set.bridge && found->created)
		return announce(at, want, found, why);
	return 0;
}

int
veth_verify(const struct place *at, struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	uint8_t mac[6];
	bool has_mac;
	int leads;

	want->set.bridge = found->bridge.index;
	has_mac = want->set.bridge && inner_mac(at, want, mac) == 0;
	if (!found->host.index) {
		verify_say(at->verify, "%s: is missing", want->name);
		return 0;
	}
	leads = veth_leads_to(at, &found->host);
	if (leads < 0)
		return explain(at->host, want->name, why);
	if (leads == 0) {
		verify_say(at->verify, "%s: its other end is not in %s",
		    want->name, at->netns);
		return 0;
	}
	if (read_current(at, want, found, why) < 0 ||
	    addressing_set(at, want, found, why) < 0)
		return -1;
	if (has_mac)
		return pin(at, want, found, mac, why);
	return 0;
}

/*
 * It may be unknown whether the pair was created (the answer was lost).  But it
 * did not exist before, so if it leads to our namespace now, we created it.
 */
void
veth_undo(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found)
{
	struct link link;

	if (!found->created || get_link(at->host, want->host, &link) < 0)
		return;
	if (!link.index || !link.ours || veth_leads_to(at, &link) != 1)
		return;
	link_del(at->host, link.index);
	(void)nl_run(at->host, NULL, NULL);
}

/* read_inner - read the container's end, if it is in inner_ns */
static int
read_inner(const struct place *at, struct veth_found *found)
{
	int r;

	if (at->inner_ns < 0 || veth_leads_to(at, &found->host) != 1)
		return 0;
	if (setns(at->inner_ns, CLONE_NEWNET) < 0)
		return -1;
	r = nl_open(at->inner);
	if (r == 0)
		r = addressing_list(at->inner, found->host.peer, &found->inner,
		    &found->set.inner, false);
	nl_close(at->inner);
	return r;
}

int
veth_read(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why)
{
	memset(found, 0, sizeof(*found));
	if (get_link(at->host, want->name, &found->host) < 0)
		return explain(at->host, want->name, why);
	if (!found->host.index || !found->host.ours) {
		errno = ENODEV;
		return errmsg_set(why, "link %s: not made by mkveth", want->name);
	}
	if (addressing_list(at->host, found->host.index, NULL,
	    &found->set.host, false) < 0)
		return explain(at->host, want->name, why);
	if (found->host.master) {
		link_get_index(at->host, found->host.master);
		/* It may be gone by now. */
		if (nl_run(at->host, on_link, &found->bridge) < 0)
			found->bridge.index = 0;
	}
	if (read_inner(at, found) < 0)
		return errmsg_errno(why, "container's end of %s", want->name);
	return 0;
}
