/* SPDX-License-Identifier: MIT */
/*
 * pair.c - the veth pair between the host and a container
 *
 * Killed at any point, what is left is found again by its names: a bare file
 * or a namespace without a link (both taken over), or a marked link without
 * all its addresses (completed).
 */
#define _GNU_SOURCE
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "fd.h"
#include "netns.h"
#include "nsname.h"
#include "rtwhy.h"

struct job {
	const struct pair *want;
	struct why *why;
	struct nl host, inner;
	struct rtlink link;	/* the host's end; index 0: there is none */
	int ns;
	int nsid;		/* what the host calls that, or -1 */
	int bridge;		/* index, or 0 */
	bool made_ns;
	bool made_link;		/* or tried to */
};

/* name - what the host's end is found by */
static const char *
name(const struct pair *want)
{
	return *want->alt ? want->alt : want->host;
}

static int
lost(const struct job *job)
{
	return rtwhy(&job->host, name(job->want), job->why);
}

static void
see_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	rtlink_read(answer, arg);
}

static int
get_link(struct nl *nl, const char *link_name, struct rtlink *link)
{
	link->index = 0;
	rtlink_get(nl, link_name);
	nl_allow(nl, ENODEV);
	return nl_run(nl, see_link, link);
}

/* look - find the link and see that it is ours; change nothing */
static int
look(struct job *job)
{
	if (nl_open(&job->host) < 0)
		return why_errno(job->why, "netlink socket");
	if (get_link(&job->host, name(job->want), &job->link) < 0)
		return lost(job);
	if (!job->link.index || job->link.ours)
		return 0;
	errno = EEXIST;
	return why_set(job->why, "link %s: there is one that is not ours "
	    "(no veth of group %d)", name(job->want), RTLINK_GROUP);
}

static int
look_bridge(struct job *job)
{
	struct rtlink br;

	if (!job->want->bridge)
		return 0;
	rtlink_get(&job->host, job->want->bridge);
	if (nl_run(&job->host, see_link, &br) < 0)
		return why_errno(job->why, "bridge %s", job->want->bridge);
	job->bridge = br.index;
	return 0;
}

/* enter - go into the namespace, and open a socket there */
static int
enter(struct job *job)
{
	const struct pair *want = job->want;
	struct stat here, there;

	if (stat("/proc/self/ns/net", &here) < 0)
		return why_errno(job->why, "/proc/self/ns/net");
	if (want->ns < 0)
		job->ns = nsname_enter(want->netns, &job->made_ns);
	else if (setns(want->ns, CLONE_NEWNET) == 0)
		job->ns = want->ns;
	if (job->ns < 0 || fstat(job->ns, &there) < 0)
		return why_errno(job->why, "network namespace %s", want->netns);
	if (here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
		errno = EINVAL;
		return why_set(job->why, "network namespace %s: it is the "
		    "host's own", want->netns);
	}
	if (nl_open(&job->inner) < 0)
		return why_errno(job->why, "netlink socket in %s", want->netns);
	return 0;
}

static void
see_nsid(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	*(int *)arg = rtlink_read_nsid(answer);
}

/* leads_there - does the link have its other end in our namespace? */
static int
leads_there(struct nl *nl, int ns, const struct rtlink *link)
{
	int nsid = -1;

	rtlink_get_nsid(nl, ns);
	if (nl_run(nl, see_nsid, &nsid) < 0)
		return -1;
	return nsid >= 0 && link->nsid == nsid;
}

static int
del_link(struct job *job)
{
	rtlink_del(&job->host, job->link.index);
	return nl_run(&job->host, NULL, NULL) < 0 ? lost(job) : 0;
}

/* keep - keep the link that is there, or remove it if it leads elsewhere */
static int
keep(struct job *job)
{
	struct rtlink peer;
	int r = leads_there(&job->host, job->ns, &job->link);

	if (r < 0)
		return lost(job);
	if (r == 0) {
		if (del_link(job) < 0)
			return -1;
		job->link.index = 0;
		return 0;
	}
	rtlink_get_index(&job->inner, job->link.peer);
	if (nl_run(&job->inner, see_link, &peer) < 0)
		return rtwhy(&job->inner, job->want->peer, job->why);
	if (!strcmp(peer.name, job->want->peer))
		return 0;
	errno = EEXIST;
	return why_set(job->why, "link %s: its other end is %s, not %s",
	    name(job->want), peer.name, job->want->peer);
}

static int
make(struct job *job)
{
	const struct pair *want = job->want;
	struct rtlink_pair pair = {
		.name = want->host,
		.peer = want->peer,
		.netns = job->ns,
		.master = job->bridge,
		.mtu = want->plan.mtu,
		.mac = want->plan.has_mac ? want->plan.mac : NULL,
	};

	job->made_link = true;
	rtlink_new_pair(&job->host, &pair);
	if (*want->alt)
		rtlink_add_alt(&job->host, want->host, want->alt);
	rtlink_get(&job->host, want->host);
	if (nl_run(&job->host, see_link, &job->link) == 0)
		return 0;
	job->made_link = errno != EEXIST || job->host.failed != 0;
	if (!job->made_link)
		return why_errno(job->why, "link %s with %s in %s", want->host,
		    want->peer, want->netns);
	return lost(job);
}

/* configure - addresses and all, over what is there if old */
static int
configure(struct job *job, bool old)
{
	struct plan_pair pair = {
		.host = &job->host,
		.inner = &job->inner,
		.index = job->link.index,
		.peer = job->link.peer,
		.name = name(job->want),
		.peer_name = job->want->peer,
	};
	struct plan was, want = job->want->plan;

	want.master = job->bridge;
	if (!old)
		return plan_set(&pair, NULL, &want, job->why);
	if (plan_read(&pair, &was, job->why) < 0)
		return -1;
	if (!want.mtu)
		want.mtu = was.mtu;
	if (!want.has_mac)
		memcpy(want.mac, was.mac, sizeof(want.mac));
	want.has_mac = true;
	return plan_set(&pair, &was, &want, job->why);
}

/*
 * undo - remove what add made, last first; what fails here cannot be helped
 *
 * Whether the link was made may be unknown (its answer was lost), but it was
 * not there before: if one of ours leads to our namespace now, we made it.
 */
static void
undo(struct job *job)
{
	struct rtlink link;

	if (job->made_link &&
	    get_link(&job->host, job->want->host, &link) == 0 &&
	    link.index && link.ours &&
	    leads_there(&job->host, job->ns, &link) == 1) {
		rtlink_del(&job->host, link.index);
		(void)nl_run(&job->host, NULL, NULL);
	}
	if (job->made_ns)
		(void)nsname_remove(job->want->netns);
}

static void
finish(struct job *job)
{
	int e = errno;

	nl_close(&job->host);
	nl_close(&job->inner);
	if (job->ns >= 0 && job->ns != job->want->ns)
		close(job->ns);
	errno = e;
}

int
pair_add(const struct pair *want, struct why *why)
{
	struct job job = { .want = want, .why = why, .ns = -1,
	    .host.fd = -1, .inner.fd = -1 };
	bool old;
	int e;

	if (look(&job) < 0 || look_bridge(&job) < 0 || enter(&job) < 0)
		goto fail;
	if (job.link.index && keep(&job) < 0)
		goto fail;
	old = job.link.index != 0;
	if (!old && make(&job) < 0)
		goto fail;
	if (configure(&job, old) < 0)
		goto fail;
	finish(&job);
	return 0;
fail:
	e = errno;
	undo(&job);
	finish(&job);
	errno = e;
	return -1;
}

/*
 * retire - leave the link to its namespace, which dies when we let go of it
 *
 * To remove it takes an rcu_barrier of 20 ms; so does moving it.
 */
static int
retire(struct job *job)
{
	struct nl *nl = &job->host;
	int last;

	rtlink_retire(nl, &job->link);
	do {
		/* Down, it has lost its IPv6 addresses by itself. */
		for (int i = 0; i < 2; i++)
			rtaddr_del_any(nl, job->link.index);
		last = nl->n - 1;
		if (nl_run(nl, NULL, NULL) < 0)
			return lost(job);
	} while (nl->err[last] == 0);
	return 0;
}

/*
 * del_name - take the namespace's name away, and hold it if the link is in it
 *
 * Killed here, we let go of it, and the kernel finishes the rest.
 */
static int
del_name(struct job *job)
{
	const char *netns = job->want->netns;
	int r;

	if (!nsname_ok(netns))
		return 0;
	if (job->link.index && (job->ns = netns_open(netns)) >= 0) {
		if ((r = leads_there(&job->host, job->ns, &job->link)) < 0)
			return lost(job);
		if (r == 0)
			close(fd_take(&job->ns));
	}
	if (nsname_remove(netns) < 0)
		return why_errno(job->why, "network namespace %s", netns);
	return 0;
}

int
pair_del(const struct pair *want, bool wait, struct why *why)
{
	struct job job = { .want = want, .why = why, .ns = -1,
	    .host.fd = -1, .inner.fd = -1 };
	int r = look(&job);

	if (r == 0)
		r = del_name(&job);
	if (r == 0 && job.link.index && job.ns >= 0)
		r = retire(&job);
	if (r == 0 && job.link.index && (wait || job.ns < 0))
		r = del_link(&job);
	finish(&job);
	return r;
}

/* read_inner - look at the container's end, if the namespace is the right one */
static int
read_inner(struct nl *host, const struct pair *want, struct pair_state *state)
{
	struct nl inner = { .fd = -1 };
	auto_close int ns = -1;
	int r = -1;

	ns = want->ns < 0 ? netns_open(want->netns) :
	    fcntl(want->ns, F_DUPFD_CLOEXEC, 0);
	if (ns < 0 || leads_there(host, ns, &state->host) != 1)
		return 0;
	if (setns(ns, CLONE_NEWNET) < 0 || nl_open(&inner) < 0)
		return -1;
	rtlink_get_index(&inner, state->host.peer);
	if (nl_run(&inner, see_link, &state->inner) == 0)
		r = plan_addrs(&inner, state->host.peer, &state->inner_side,
		    false);
	nl_close(&inner);
	return r;
}

int
pair_read(struct nl *nl, const struct pair *want, struct pair_state *state,
    struct why *why)
{
	struct rtlink br;

	memset(state, 0, sizeof(*state));
	if (get_link(nl, name(want), &state->host) < 0)
		return rtwhy(nl, name(want), why);
	if (!state->host.index || !state->host.ours) {
		errno = ENODEV;
		return why_set(why, "no link %s of ours", name(want));
	}
	if (plan_addrs(nl, state->host.index, &state->host_side, false) < 0)
		return rtwhy(nl, name(want), why);
	if (state->host.master) {
		rtlink_get_index(nl, state->host.master);
		if (nl_run(nl, see_link, &br) == 0)
			memcpy(state->bridge, br.name, sizeof(br.name));
	}
	if (read_inner(nl, want, state) < 0)
		return why_errno(why, "network namespace %s", want->netns);
	return 0;
}
