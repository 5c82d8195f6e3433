/* SPDX-License-Identifier: MIT */
/*
 * network.c - the network of a container: its namespace, pairs and interfaces
 *
 * If mkveth is killed, everything is found again by name: the empty file or the
 * namespace without links (both are reused), and the marked links (veth.c).
 * Extra pairs have the alternative names "c-NAME_1" to "c-NAME_8", in any
 * order, which tell whose they are.
 */
#define _GNU_SOURCE
#include "net/network.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "net/bridge.h"
#include "net/explain.h"
#include "net/netns.h"
#include "net/ready.h"
#include "net/verify.h"

#define SELF "/proc/self/ns/net"

/* The index of an extra link that is wanted and must not be removed. */
enum { CLAIMED = -1 };

struct pair {
	struct veth_wanted want;
	struct veth_found found;
};

/* One add or del. */
struct job {
	struct network_host *host;
	const struct network *want;
	struct errmsg *why;
	struct place at;
	struct nl inner;		/* for at.inner */
	int ns_errno;			/* del: why at.inner_ns is -1 */
	bool created_ns;
	struct link extra[NETWORK_EXTRA];	/* by slot; index 0: free */
	struct nic_list nics;
	int had_nics;			/* before add */
	struct pair pair[NETWORK_PAIRS];
};

int
network_open(struct network_host *host, struct errmsg *why)
{
	struct stat st;

	host->n_held = 0;
	host->ns = open(SELF, O_RDONLY | O_CLOEXEC);
	if (host->ns < 0 || fstat(host->ns, &st) < 0)
		return errmsg_errno(why, SELF);
	host->dev = st.st_dev;
	host->ino = st.st_ino;
	if (nl_open(&host->nl) < 0)
		return errmsg_errno(why, "netlink socket");
	return 0;
}

static void
start_job(struct job *job, struct network_host *host,
    const struct network *want, struct errmsg *why)
{
	job->host = host;
	job->want = want;
	job->why = why;
	job->at = (struct place){
		.host = &host->nl,
		.inner = &job->inner,
		.host_ns = host->ns,
		.inner_ns = -1,
		.name = want->name,
		.netns = want->netns,
	};
	job->inner.fd = -1;
	job->ns_errno = 0;
	job->created_ns = false;
	job->nics.n = job->had_nics = 0;
	job->nics.file = false;
	memset(job->extra, 0, sizeof(job->extra));
	/* Pairs that are not wanted stay untouched, to save page faults. */
	for (int i = 0; i < want->n; i++) {
		job->pair[i].want = want->pair[i];
		memset(&job->pair[i].found, 0, sizeof(job->pair[i].found));
	}
}

static void
end_job(struct job *job)
{
	int e = errno;

	nl_close(&job->inner);
	if (job->at.inner_ns >= 0 && job->at.inner_ns != job->want->ns)
		close(job->at.inner_ns);
	errno = e;
}

const char *
network_extra_name(const char *name, int k, char alt[IFNAME_ALT_SIZE])
{
	snprintf(alt, IFNAME_ALT_SIZE, "c-%s_%d", name, k + 1);
	return alt;
}

static void
on_extra(const struct nlmsghdr *answer, int n, void *arg)
{
	link_read(answer, (struct link *)arg + n);
}

/* find_extra - find all extra pairs of the container */
static int
find_extra(struct job *job)
{
	const char *name = job->want->name;
	struct nl *nl = &job->host->nl;
	char alt[IFNAME_ALT_SIZE];

	for (int k = 0; k < NETWORK_EXTRA; k++) {
		link_get_alt(nl, network_extra_name(name, k, alt));
		/* No such link, or a kernel without alternative names. */
		nl_allow(nl, NL_ANY);
	}
	if (nl_run(nl, on_extra, job->extra) < 0)
		return explain(nl, name, job->why);
	/* A link may have several; remember the one that it was found by. */
	for (int k = 0; k < NETWORK_EXTRA; k++)
		if (job->extra[k].index)
			network_extra_name(name, k, job->extra[k].alt);
	return 0;
}

/* claim_slot - claim the slot of an existing link, or with index 0 a free one */
static int
claim_slot(struct job *job, struct pair *pair, int index)
{
	const char *host = pair->want.host;
	int k = 0;

	while (k < NETWORK_EXTRA && job->extra[k].index != index)
		k++;
	if (k < NETWORK_EXTRA) {
		network_extra_name(job->want->name, k, pair->want.alt);
		job->extra[k].index = CLAIMED;
		return 0;
	}
	if (index) {
		errno = EEXIST;
		return errmsg_set(job->why, "link %s: belongs to another "
		    "container", host);
	}
	errno = ENOSPC;
	return errmsg_set(job->why, "link %s: no slot for another extra pair", host);
}

/* claim_slots - existing links first, so that no new one gets their slot */
static int
claim_slots(struct job *job)
{
	for (int i = 1; i < job->want->n; i++) {
		struct pair *pair = &job->pair[i];
		int index = pair->found.host.index;

		if (index && claim_slot(job, pair, index) < 0)
			return -1;
	}
	for (int i = 1; i < job->want->n; i++) {
		struct pair *pair = &job->pair[i];

		if (!pair->found.host.index && claim_slot(job, pair, 0) < 0)
			return -1;
	}
	return 0;
}

static int
find_pairs(struct job *job)
{
	for (int i = job->want->no_pair; i < job->want->n; i++) {
		struct pair *pair = &job->pair[i];
		int bridge;

		if (veth_find(&job->at, &pair->want, &pair->found,
		    job->why) < 0)
			return -1;
		bridge = pair->found.bridge.index;
		if (bridge && bridge_complete(&job->host->nl, bridge,
		    &pair->want) < 0)
			return explain(&job->host->nl, pair->want.bridge,
			    job->why);
	}
	return 0;
}

/* enter_ns - enter the container's namespace, created if needed */
static int
enter_ns(struct job *job)
{
	const struct network *want = job->want;
	struct stat st;

	if (want->ns < 0 && !job->at.verify)
		job->at.inner_ns = netns_enter(want->netns, &job->created_ns);
	else if (want->ns < 0)
		job->at.inner_ns = netns_open(want->netns);
	else
		job->at.inner_ns = want->ns;
	if (job->at.inner_ns < 0 || fstat(job->at.inner_ns, &st) < 0 ||
	    setns(job->at.inner_ns, CLONE_NEWNET) < 0)
		return errmsg_errno(job->why, "network namespace %s",
		    want->netns);
	if (st.st_dev == job->host->dev && st.st_ino == job->host->ino) {
		errno = EINVAL;
		return errmsg_set(job->why, "network namespace %s: is the host's "
		    "own", want->netns);
	}
	return 0;
}

/* open_inner - open a socket in the container's namespace, and return */
static int
open_inner(struct job *job)
{
	int r;

	if (enter_ns(job) < 0)
		return -1;
	r = nl_open(&job->inner);
	if (r < 0)
		errmsg_errno(job->why, "netlink socket in %s",
		    job->want->netns);
	if (setns(job->host->ns, CLONE_NEWNET) < 0)
		r = errmsg_errno(job->why, "return to the host's namespace");
	if (job->at.verify)
		verify_socket(job->at.verify, &job->inner, job->want->netns);
	return r;
}

/* defer_close - keep the namespace of a deleted network open for a while */
static void
defer_close(struct job *job)
{
	int *slot = &job->host->held[job->host->n_held % NETWORK_HELD];

	if (job->at.inner_ns < 0 || job->at.inner_ns == job->want->ns)
		return;
	if (job->host->n_held >= NETWORK_HELD)
		close(*slot);
	job->host->n_held++;
	*slot = fd_take(&job->at.inner_ns);
}

static int
add_nics(struct job *job)
{
	const struct network *want = job->want;

	if (!want->nics)
		return 0;
	if (nic_load(want->name, &job->nics, job->why) < 0)
		return -1;
	job->had_nics = job->nics.n;
	for (int i = 0; i < want->nics; i++)
		if (nic_add(&job->at, &want->nic[i], &job->nics, job->why) < 0)
			return -1;
	return 0;
}

/* undo - undo what was added */
static void
undo(struct job *job)
{
	struct errmsg ignored;

	/* The return to the host's namespace may be what failed. */
	(void)setns(job->host->ns, CLONE_NEWNET);
	(void)nic_remove(&job->at, &job->nics, job->had_nics, &ignored);
	for (int i = job->want->n - 1; i >= 0; i--)
		veth_undo(&job->at, &job->pair[i].want, &job->pair[i].found);
	if (job->created_ns)
		(void)netns_remove(job->want->netns);
}

/* set_lo_up - for a container without pairs; else addressing_set does it */
static int
set_lo_up(struct job *job)
{
	const struct link_set up = { .master = -1 };

	if (job->want->n > job->want->no_pair)
		return 0;
	link_set(&job->inner, LINK_LO, &up);
	if (nl_run(&job->inner, NULL, NULL) < 0)
		return explain(&job->inner, "lo", job->why);
	return 0;
}

/* mark_extra - mark the container's own pair if there are extra ones */
static int
mark_extra(struct job *job)
{
	const struct link *own = &job->pair[0].found.host;
	struct nl *nl = &job->host->nl;
	bool any = job->want->n > 1;

	for (int k = 0; k < NETWORK_EXTRA; k++)
		any |= job->extra[k].index != 0;
	if (own->has_extra || !any || !own->index)
		return 0;
	link_mark(nl, own->index, LINK_GROUP_EXTRA);
	if (nl_run(nl, NULL, NULL) < 0)
		return explain(nl, own->name, job->why);
	return 0;
}

static int
add_pairs(struct job *job)
{
	int (*put)(const struct place *, struct veth_wanted *,
	    struct veth_found *, struct errmsg *) = veth_ensure;

	if (job->at.verify)
		put = veth_verify;
	for (int i = job->want->no_pair; i < job->want->n; i++) {
		if (put(&job->at, &job->pair[i].want, &job->pair[i].found,
		    job->why) < 0)
			return -1;
		/* Before the first extra pair exists. */
		if (i == 0 && mark_extra(job) < 0)
			return -1;
	}
	return 0;
}

/* remove_extra - remove the extra pairs that are not wanted */
static int
remove_extra(struct job *job)
{
	for (int k = 0; k < NETWORK_EXTRA; k++) {
		const struct link *link = &job->extra[k];

		if (link->index > 0 && link->ours &&
		    veth_remove(&job->host->nl, link, job->why) < 0)
			return -1;
	}
	return 0;
}

/* find_all - find what exists and open the namespace; changes no link */
static int
find_all(struct job *job)
{
	const struct link *own = &job->pair[0].found.host;

	if (find_pairs(job) < 0)
		return -1;
	/* Links that may belong to others are refused before any change. */
	if (job->want->n > 1 || own->has_extra) {
		if (find_extra(job) < 0 || claim_slots(job) < 0)
			return -1;
		return open_inner(job);
	}
	if (open_inner(job) < 0)
		return -1;
	/* An own pair would be marked; a new namespace has no pairs. */
	if (own->index || job->created_ns)
		return 0;
	return find_extra(job);
}

int
network_add(struct network_host *host, const struct network *want,
    struct errmsg *why)
{
	struct job job;
	int r, e;

	start_job(&job, host, want, why);
	if (find_all(&job) < 0 || add_pairs(&job) < 0 ||
	    add_nics(&job) < 0 || set_lo_up(&job) < 0) {
		e = errno;
		undo(&job);
		end_job(&job);
		errno = e;
		return -1;
	}
	/* From here on a failure leaves a network that is complete. */
	r = remove_extra(&job);
	if (r == 0 && want->release) {
		r = ready_set(&job.inner);
		if (r < 0)
			explain(&job.inner, want->name, why);
	}
	end_job(&job);
	return r;
}

/* cannot_look - does this errno say nothing about the network? */
static bool
cannot_look(int e)
{
	return e == EPERM || e == EACCES || e == ENOMEM || e == ENOBUFS ||
	    e == EMFILE || e == ENFILE;
}

int
network_verify(struct network_host *host, const struct network *want,
    struct verify *verify, struct errmsg *why)
{
	struct job job;
	int r = 0;

	start_job(&job, host, want, why);
	job.at.verify = verify;
	verify_socket(verify, &host->nl, NULL);
	if (find_all(&job) < 0 || add_pairs(&job) < 0 ||
	    add_nics(&job) < 0 || set_lo_up(&job) < 0 ||
	    remove_extra(&job) < 0)
		r = -1;
	end_job(&job);
	nl_withhold(&host->nl, NULL, NULL);
	if (r == 0 || cannot_look(errno))
		return r;
	/* What add would fail with is a difference, too. */
	verify_say(verify, "%s", why->text);
	return 0;
}

/* del_nics - move interfaces back, if the namespace can be found */
static int
del_nics(struct job *job)
{
	int ns = job->at.inner_ns, r;

	if (nic_load(job->want->name, &job->nics, job->why) < 0)
		return -1;
	if (!job->nics.file)
		return 0;
	/* ENOENT, EINVAL: the namespace, and the interfaces, are gone. */
	if (ns < 0 && job->nics.n && job->ns_errno != ENOENT &&
	    job->ns_errno != EINVAL) {
		errno = job->ns_errno;
		return errmsg_errno(job->why, "network namespace %s",
		    job->want->netns);
	}
	if (ns >= 0 && setns(ns, CLONE_NEWNET) == 0) {
		r = nl_open(&job->inner);
		if (setns(job->host->ns, CLONE_NEWNET) < 0 || r < 0)
			return errmsg_errno(job->why, "netlink socket in %s",
			    job->want->netns);
	}
	return nic_remove(&job->at, &job->nics, 0, job->why);
}

/* del_name - remove the name of the namespace; at.inner_ns keeps it alive */
static int
del_name(struct job *job)
{
	const char *netns = job->want->netns;

	if (!netns_is_name(netns))
		return 0;
	if (netns_remove(netns) < 0)
		return errmsg_errno(job->why, "network namespace %s", netns);
	return 0;
}

/* del_pair - remove a pair, or abandon it if its namespace is about to die */
static int
del_pair(struct job *job, const struct link *link, bool wait)
{
	struct nl *nl = &job->host->nl;
	int dies = 0;

	if (!link->index)
		return 0;
	if (job->at.inner_ns >= 0 && netns_is_name(job->want->netns))
		dies = veth_leads_to(&job->at, link);
	if (dies < 0)
		return explain(nl, link->name, job->why);
	if (dies && !wait)
		return veth_abandon(nl, link, job->why);
	return veth_remove(nl, link, job->why);
}

static int
del_pairs(struct job *job, bool wait)
{
	if (del_pair(job, &job->pair[0].found.host, wait) < 0)
		return -1;
	for (int k = 0; k < NETWORK_EXTRA; k++)
		if (job->extra[k].ours &&
		    del_pair(job, &job->extra[k], wait) < 0)
			return -1;
	return 0;
}

/* find_for_del - find what exists; EEXIST: not ours.  Changes nothing */
static int
find_for_del(struct job *job)
{
	const struct link *own = &job->pair[0].found.host;

	if (find_pairs(job) < 0)
		return -1;
	if (own->index && !own->has_extra)
		return 0;
	return find_extra(job);
}

int
network_del(struct network_host *host, const struct network *want, bool wait,
    struct errmsg *why)
{
	struct job job;
	int r = 0;

	start_job(&job, host, want, why);
	job.at.inner_ns = want->ns;
	if (want->ns < 0) {
		job.at.inner_ns = netns_open(want->netns);
		job.ns_errno = errno;
	}
	if (find_for_del(&job) < 0 || del_nics(&job) < 0 ||
	    del_name(&job) < 0 || del_pairs(&job, wait) < 0)
		r = -1;
	if (r == 0 && !wait)
		defer_close(&job);
	end_job(&job);
	return r;
}
