/* SPDX-License-Identifier: MIT */
/*
 * network.c - the network of a container: a namespace, and what leads there
 *
 * Killed at any point, what is left is found again by its names: a bare file
 * or a namespace without a link (both taken over), or marked links (pair.c).
 * Pairs beside the container's own have alternative names, "c-NAME_1" to
 * "c-NAME_8", by which they are known as the container's, in any order.
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
#include "net/netns.h"
#include "net/ready.h"
#include "net/explain.h"

#define SELF "/proc/self/ns/net"

struct job {
	struct network_host *host;
	const struct network *want;
	struct errmsg *why;
	struct nl inner;
	int ns;
	int no_ns;		/* why there is none to delete from */
	bool created_ns;
	struct pair_job pair[NETWORK_PAIRS];
	struct link more[NETWORK_MORE];	/* that were there */
	struct nic_list list;
	int had;		/* guests when we came */
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
	return nl_open(&host->nl) < 0 ? errmsg_errno(why, "netlink socket") : 0;
}

static void
begin(struct job *job, struct network_host *host, const struct network *want,
    struct errmsg *why)
{
	job->host = host;
	job->want = want;
	job->why = why;
	job->inner.fd = job->ns = -1;
	job->created_ns = false;
	job->list.n = job->had = 0;
	job->list.file = false;
	memset(job->more, 0, sizeof(job->more));
	for (int i = 0; i < want->n; i++) {
		job->pair[i] = (struct pair_job){ .want = &want->pair[i] };
		strcpy(job->pair[i].alt, want->pair[i].alt);
	}
}

const char *
network_more(const char *name, int k, char alt[IFNAME_ALT_SIZE])
{
	snprintf(alt, IFNAME_ALT_SIZE, "c-%s_%d", name, k + 1);
	return alt;
}

static void
see_more(const struct nlmsghdr *answer, int n, void *arg)
{
	link_read(answer, (struct link *)arg + n);
}

/* look_more - find all further pairs that the container has */
static int
look_more(struct job *job)
{
	struct nl *nl = &job->host->nl;
	char alt[IFNAME_ALT_SIZE];

	for (int k = 0; k < NETWORK_MORE; k++) {
		link_get_alt(nl, network_more(job->want->name, k, alt));
		/* There is none, or the kernel has no such names. */
		nl_allow(nl, NL_ANY);
	}
	if (nl_run(nl, see_more, job->more) < 0)
		return explain(nl, job->want->name, job->why);
	for (int k = 0; k < NETWORK_MORE; k++)
		strcpy(job->more[k].alt, job->more[k].index ?
		    network_more(job->want->name, k, alt) : "");
	return 0;
}

/*
 * claim - is a link that was found by its name the container's?
 *
 * If there is none yet, choose a number for the one to be made.
 */
static int
claim(struct job *job, struct pair_job *pair)
{
	int k = 0;

	while (k < NETWORK_MORE && job->more[k].index != pair->link.index)
		k++;
	if (k == NETWORK_MORE) {
		errno = pair->link.index ? EEXIST : ENOSPC;
		return errmsg_set(job->why, pair->link.index ?
		    "link %s: it is another container's" :
		    "link %s: no room for one pair more", pair->want->host);
	}
	network_more(job->want->name, k, pair->alt);
	/* Taken: neither to be removed nor to be given to another. */
	job->more[k].index = -1;
	return 0;
}

/* look - find what is there, and refuse what is not ours; change nothing */
static int
look(struct job *job, bool add)
{
	const struct network *want = job->want;
	const struct link *own = &job->pair[0].link;
	int first = want->bare;

	for (int i = first; i < want->n; i++)
		if (pair_look(&job->host->nl, &job->pair[i], job->why) < 0)
			return -1;
	if (want->n == 1 && (own->index ? !own->more : add))
		return 0;
	if (look_more(job) < 0)
		return -1;
	/* Those that are there first, so that none takes their number. */
	for (int there = 1; add && there >= 0; there--)
		for (int i = 1; i < want->n; i++)
			if ((job->pair[i].link.index != 0) == there &&
			    claim(job, &job->pair[i]) < 0)
				return -1;
	return 0;
}

/* enter - open the namespace and a socket in it, going there and back */
static int
enter(struct job *job)
{
	const struct network *want = job->want;
	struct stat st;
	int r;

	if (want->ns < 0)
		job->ns = netns_enter(want->netns, &job->created_ns);
	else if (setns(want->ns, CLONE_NEWNET) == 0)
		job->ns = want->ns;
	if (job->ns < 0 || fstat(job->ns, &st) < 0)
		return errmsg_errno(job->why, "network namespace %s", want->netns);
	if (st.st_dev == job->host->dev && st.st_ino == job->host->ino) {
		errno = EINVAL;
		return errmsg_set(job->why, "network namespace %s: it is the "
		    "host's own", want->netns);
	}
	r = nl_open(&job->inner);
	if (r < 0)
		errmsg_errno(job->why, "netlink socket in %s", want->netns);
	if (setns(job->host->ns, CLONE_NEWNET) < 0)
		r = errmsg_errno(job->why, "back to the host's namespace");
	return r;
}

static void
finish(struct job *job)
{
	int e = errno;

	nl_close(&job->inner);
	if (job->ns >= 0 && job->ns != job->want->ns)
		close(job->ns);
	errno = e;
}

/* hold - keep the namespace of a deleted network, for a while */
static void
hold(struct job *job)
{
	int *slot = &job->host->held[job->host->n_held % NETWORK_HELD];

	if (job->ns < 0 || job->ns == job->want->ns)
		return;
	if (job->host->n_held++ >= NETWORK_HELD)
		close(*slot);
	*slot = fd_take(&job->ns);
}

static void
nic_place(struct job *job, struct nic_place *at)
{
	*at = (struct nic_place){
		.host = &job->host->nl,
		.inner = &job->inner,
		.host_ns = job->host->ns,
		.ns = job->ns,
		.name = job->want->name,
		.netns = job->want->netns,
	};
}

static int
put_guests(struct job *job)
{
	const struct network *want = job->want;
	struct nic_place at;

	if (!want->guests)
		return 0;
	if (nic_load(want->name, &job->list, job->why) < 0)
		return -1;
	job->had = job->list.n;
	nic_place(job, &at);
	for (int i = 0; i < want->guests; i++)
		if (nic_put(&at, &want->guest[i], &job->list, job->why) < 0)
			return -1;
	return 0;
}

/* undo - all but the n first pairs were not begun */
static void
undo(struct job *job, const struct pair_place *at, int n)
{
	struct nic_place guests;
	struct errmsg lost;

	/* What failed may have been the way back. */
	(void)setns(job->host->ns, CLONE_NEWNET);
	nic_place(job, &guests);
	(void)nic_drop(&guests, &job->list, job->had, &lost);
	while (n-- > 0)
		pair_undo(at, &job->pair[n]);
	if (job->created_ns)
		(void)netns_remove(job->want->netns);
}

/* lo_up - for a container without a pair: with one, that brings up lo too */
static int
lo_up(struct job *job)
{
	const struct link_set set = { .master = -1 };

	if (job->want->n > job->want->bare)
		return 0;
	link_set(&job->inner, LINK_LO, &set);
	return nl_run(&job->inner, NULL, NULL) < 0 ?
	    explain(&job->inner, "lo", job->why) : 0;
}

/* mark_more - have the container's own pair say that it has further ones */
static int
mark_more(struct job *job)
{
	const struct link *own = &job->pair[0].link;
	struct nl *nl = &job->host->nl;
	bool any = job->want->n > 1;

	for (int k = 0; k < NETWORK_MORE; k++)
		any |= job->more[k].index != 0;
	if (job->want->bare || own->more || !any)
		return 0;
	link_mark(nl, own->index, LINK_GROUP_MORE);
	return nl_run(nl, NULL, NULL) < 0 ? explain(nl, own->name, job->why) : 0;
}

/* drop_more - remove the further pairs that are not asked for */
static int
drop_more(struct job *job)
{
	for (int k = 0; k < NETWORK_MORE; k++)
		if (job->more[k].index > 0 && job->more[k].ours &&
		    pair_remove(&job->host->nl, &job->more[k], job->why) < 0)
			return -1;
	return 0;
}

int
network_add(struct network_host *host, const struct network *want,
    struct errmsg *why)
{
	struct pair_place at = { .host = &host->nl, .host_ns = host->ns,
	    .name = want->name, .netns = want->netns };
	struct job job;
	int e, n = 0;

	begin(&job, host, want, why);
	if (look(&job, true) < 0 || enter(&job) < 0)
		goto fail;
	/* Where all is new there are no others. */
	if (want->n == 1 && !job.pair[0].link.index && !job.created_ns &&
	    look_more(&job) < 0)
		goto fail;
	at.inner = &job.inner;
	at.ns = job.ns;
	for (int i = want->bare; i < want->n; i++) {
		n = i + 1;
		if (pair_put(&at, &job.pair[i], why) < 0 ||
		    (i == 0 && mark_more(&job) < 0))
			goto fail;
	}
	if (put_guests(&job) < 0 || lo_up(&job) < 0)
		goto fail;
	e = drop_more(&job);
	if (e == 0 && want->release && (e = ready_set(&job.inner)) < 0)
		explain(&job.inner, want->name, why);
	finish(&job);
	return e;
fail:
	e = errno;
	undo(&job, &at, n);
	finish(&job);
	errno = e;
	return -1;
}

/* del_guests - bring them back, if the namespace can be found */
static int
del_guests(struct job *job)
{
	struct nic_place at;
	int r = 0;

	if (nic_load(job->want->name, &job->list, job->why) < 0)
		return -1;
	if (!job->list.file)
		return 0;
	if (job->ns < 0 && job->list.n && job->no_ns != ENOENT &&
	    job->no_ns != EINVAL) {
		errno = job->no_ns;
		return errmsg_errno(job->why, "network namespace %s",
		    job->want->netns);
	}
	if (job->ns >= 0 && setns(job->ns, CLONE_NEWNET) == 0) {
		r = nl_open(&job->inner);
		if (setns(job->host->ns, CLONE_NEWNET) < 0 || r < 0)
			return errmsg_errno(job->why, "netlink socket in %s",
			    job->want->netns);
	}
	nic_place(job, &at);
	return nic_drop(&at, &job->list, 0, job->why);
}

/*
 * del_name - take the namespace's name away, while we hold it
 *
 * Killed here, we let go of it, and the kernel finishes the rest.
 */
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

/* del_pair - let the link die with the namespace if it leads there */
static int
del_pair(struct job *job, const struct link *link, bool wait)
{
	struct nl *nl = &job->host->nl;
	bool dies = job->ns >= 0 && netns_is_name(job->want->netns);
	int r = 0;

	if (!link->index)
		return 0;
	if (dies && (r = pair_leads(nl, job->ns, link)) < 0)
		return explain(nl, link->name, job->why);
	return r == 1 && !wait ? pair_retire(nl, link, job->why) :
	    pair_remove(nl, link, job->why);
}

int
network_del(struct network_host *host, const struct network *want, bool wait,
    struct errmsg *why)
{
	struct job job;
	int r;

	begin(&job, host, want, why);
	job.ns = want->ns < 0 ? netns_open(want->netns) : want->ns;
	job.no_ns = errno;
	if ((r = look(&job, false)) == 0 && (r = del_guests(&job)) == 0)
		r = del_name(&job);
	if (r == 0)
		r = del_pair(&job, &job.pair[0].link, wait);
	for (int k = 0; r == 0 && k < NETWORK_MORE; k++)
		if (job.more[k].ours)
			r = del_pair(&job, &job.more[k], wait);
	if (r == 0 && !wait)
		hold(&job);
	finish(&job);
	return r;
}
