/* SPDX-License-Identifier: MIT */
/*
 * veth.c - a veth pair between the host and a container
 *
 * Killed at any point, what is left is found again by its name: a marked link
 * without all its addresses (completed, or removed).
 */
#define _GNU_SOURCE
#include "net/veth.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "net/mac.h"
#include "net/explain.h"

/* How often a port is looked at until it is on; it takes less than 1 ms. */
enum { LOOKS = 50, PAUSE_MS = 1 };

/* name - what the host's end is found by */
static const char *
name(const struct pair *want)
{
	return *want->alt ? want->alt : want->host;
}

static void
see_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

static int
get_link(struct nl *nl, const char *link_name, struct link *link)
{
	link->index = 0;
	link_get(nl, link_name);
	nl_allow(nl, ENODEV);
	return nl_run(nl, see_link, link);
}

static int
look_bridge(struct nl *host, struct pair_job *job, struct errmsg *why)
{
	struct link br;

	link_get(host, job->want->bridge);
	if (nl_run(host, see_link, &br) < 0)
		return errmsg_errno(why, "bridge %s", job->want->bridge);
	job->bridge = br.index;
	job->bridge_up = br.flags & IFF_UP;
	return 0;
}

int
pair_look(struct nl *host, struct pair_job *job, struct errmsg *why)
{
	const char *found = name(job->want);

	if (get_link(host, found, &job->link) < 0)
		return explain(host, found, why);
	if (job->link.index && !job->link.ours) {
		errno = EEXIST;
		return errmsg_set(why, "link %s: there is one that is not ours "
		    "(no veth of group %d or %d)", found, LINK_GROUP,
		    LINK_GROUP_MORE);
	}
	return *job->want->bridge ? look_bridge(host, job, why) : 0;
}

static void
see_nsid(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	*(int *)arg = link_read_nsid(answer);
}

int
pair_leads(struct nl *host, int ns, const struct link *link)
{
	int nsid = -1;

	link_get_nsid(host, ns);
	if (nl_run(host, see_nsid, &nsid) < 0)
		return -1;
	return nsid >= 0 && link->nsid == nsid;
}

int
pair_remove(struct nl *host, const struct link *link, struct errmsg *why)
{
	link_del(host, link->index);
	return nl_run(host, NULL, NULL) < 0 ? explain(host, link->name, why) : 0;
}

int
pair_retire(struct nl *host, const struct link *link, struct errmsg *why)
{
	link_retire(host, link);
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

/* keep - is the link that is there to be kept?  It goes if it leads elsewhere */
static int
keep(const struct pair_place *at, struct pair_job *job, struct errmsg *why)
{
	int r = pair_leads(at->host, at->ns, &job->link);

	if (r < 0)
		return explain(at->host, name(job->want), why);
	if (r == 0) {
		if (pair_remove(at->host, &job->link, why) < 0)
			return -1;
		job->link.index = 0;
	}
	return r;
}

/* choose_mac - the one asked for; on a bridge, where others know it, one that
 * stays; else the kernel chooses */
static void
choose_mac(const struct pair_place *at, struct pair_job *job)
{
	const struct plan *plan = &job->want->plan;

	job->has_mac = plan->has_mac;
	if (plan->has_mac)
		memcpy(job->mac, plan->mac, sizeof(job->mac));
	else if (job->bridge)
		job->has_mac = mac_derive(MAC_INNER, at->name,
		    job->want->peer, job->mac) == 0;
}

static int
make(const struct pair_place *at, struct pair_job *job, struct errmsg *why)
{
	const struct pair *want = job->want;
	uint8_t mac[6];
	struct link_pair pair = {
		.name = want->host,
		.peer = want->peer,
		.netns = at->ns,
		.master = job->bridge,
		.mtu = want->plan.mtu,
	};

	choose_mac(at, job);
	if (job->has_mac)
		pair.peer_mac = job->mac;
	if (job->bridge && mac_derive(MAC_HOST, at->name, want->peer, mac) == 0)
		pair.mac = mac;
	job->made = true;
	link_new_pair(at->host, &pair);
	if (*job->alt)
		link_add_alt(at->host, want->host, job->alt);
	link_get(at->host, want->host);
	if (nl_run(at->host, see_link, &job->link) == 0)
		return 0;
	job->made = errno != EEXIST || at->host->failed != 0;
	if (!job->made)
		return errmsg_errno(why, "link %s with %s in %s", want->host,
		    want->peer, at->netns);
	return explain(at->host, name(want), why);
}

/* over - what is to be, with what is there where nothing was asked */
static void
over(const struct plan *was, struct plan *want)
{
	if (!want->mtu)
		want->mtu = was->mtu;
	if (!want->has_mac)
		memcpy(want->mac, was->mac, sizeof(want->mac));
	want->has_mac = true;
}

/* configure - addresses and all; of a new pair, or over what is there */
static int
configure(const struct pair_place *at, const struct pair_job *job, bool old,
    struct errmsg *why)
{
	struct plan_pair pair = {
		.host = at->host,
		.inner = at->inner,
		.index = job->link.index,
		.peer = job->link.peer,
		.name = name(job->want),
		.peer_name = job->want->peer,
	};
	struct plan was, want = job->want->plan;
	struct link peer = { .index = 0 };

	want.master = job->bridge;
	if (!old)
		return plan_set(&pair, NULL, &want, why);
	if (plan_read(&pair, &job->link, &peer, &was, why) < 0)
		return -1;
	if (strcmp(peer.name, job->want->peer)) {
		errno = EEXIST;
		return errmsg_set(why, "link %s: its other end is %s, not %s",
		    pair.name, peer.name, pair.peer_name);
	}
	over(&was, &want);
	return plan_set(&pair, &was, &want, why);
}

/* await_port - wait until the bridge lets through what comes from the link */
static int
await_port(struct nl *host, int index)
{
	struct link link;

	for (int i = 0; i < LOOKS; i++) {
		link_get_index(host, index);
		if (nl_run(host, see_link, &link) < 0)
			return -1;
		/* With the spanning tree protocol it takes half a minute. */
		if (link.port != LINK_PORT_OFF)
			break;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return 0;
}

/* announce6 - to be done by the container's end from now on; a help only */
static int
announce6(const struct pair_place *at, const struct pair_job *job)
{
	if (setns(at->ns, CLONE_NEWNET) < 0)
		return 0;
	(void)link_announce6(job->want->peer);
	return setns(at->host_ns, CLONE_NEWNET);
}

/*
 * announce - tell the others on the bridge where its addresses are now
 *
 * The kernel does that where a MAC address is set, be it the same one.
 */
static int
announce(const struct pair_place *at, const struct pair_job *job,
    struct errmsg *why)
{
	struct link_set set = { .master = -1, .mac = job->mac };

	if (announce6(at, job) < 0)
		return errmsg_errno(why, "back to the host's namespace");
	if (!job->has_mac || !job->bridge_up || !job->want->plan.local.n)
		return 0;
	if (await_port(at->host, job->link.index) < 0)
		return explain(at->host, name(job->want), why);
	link_set(at->inner, job->link.peer, &set);
	return nl_run(at->inner, NULL, NULL) < 0 ?
	    explain(at->inner, job->want->peer, why) : 0;
}

int
pair_put(const struct pair_place *at, struct pair_job *job, struct errmsg *why)
{
	int old = job->link.index ? keep(at, job, why) : 0;

	if (old < 0 || (!old && make(at, job, why) < 0))
		return -1;
	/* A bridge's port takes none in any case, nor needs to be told. */
	if (link_no_ra(&job->link) < 0 && !(job->bridge && errno == EROFS))
		return errmsg_errno(why, "link %s: accept no router "
		    "advertisements", job->link.name);
	if (configure(at, job, old, why) < 0)
		return -1;
	return job->bridge && !old ? announce(at, job, why) : 0;
}

/*
 * Whether the link was made may be unknown (its answer was lost), but it was
 * not there before: if one of ours leads to our namespace now, we made it.
 */
void
pair_undo(const struct pair_place *at, const struct pair_job *job)
{
	struct link link;

	if (!job->made ||
	    get_link(at->host, job->want->host, &link) < 0 ||
	    !link.index || !link.ours ||
	    pair_leads(at->host, at->ns, &link) != 1)
		return;
	link_del(at->host, link.index);
	(void)nl_run(at->host, NULL, NULL);
}

/* read_inner - look at the container's end, if that is its namespace */
static int
read_inner(struct nl *host, int ns, struct pair_state *state)
{
	struct nl inner = { .fd = -1 };
	int r;

	if (ns < 0 || pair_leads(host, ns, &state->host) != 1)
		return 0;
	if (setns(ns, CLONE_NEWNET) < 0 || nl_open(&inner) < 0)
		return -1;
	r = plan_addrs(&inner, state->host.peer, &state->inner,
	    &state->inner_side, false);
	nl_close(&inner);
	return r;
}

int
pair_read(struct nl *host, const struct pair *want, int ns,
    struct pair_state *state, struct errmsg *why)
{
	struct link br;

	memset(state, 0, sizeof(*state));
	if (get_link(host, name(want), &state->host) < 0)
		return explain(host, name(want), why);
	if (!state->host.index || !state->host.ours) {
		errno = ENODEV;
		return errmsg_set(why, "no link %s of ours", name(want));
	}
	if (plan_addrs(host, state->host.index, NULL, &state->host_side,
	    false) < 0)
		return explain(host, name(want), why);
	if (state->host.master) {
		link_get_index(host, state->host.master);
		if (nl_run(host, see_link, &br) == 0)
			memcpy(state->bridge, br.name, sizeof(br.name));
	}
	if (read_inner(host, ns, state) < 0)
		return errmsg_errno(why, "container's end of %s", name(want));
	return 0;
}
