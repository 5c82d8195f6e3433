/* SPDX-License-Identifier: MIT */
#ifndef NET_VETH_H
#define NET_VETH_H

#include "net/ifname.h"
#include "net/plan.h"
#include "net/link.h"
#include "base/errmsg.h"

/* A veth pair between the host and a container, as it is asked for. */
struct pair {
	char host[IFNAMSIZ];		/* the interface on the host */
	char alt[IFNAME_ALT_SIZE];	/* what that is found by, if not "" */
	const char *peer;		/* the interface in the container */
	char bridge[IFNAMSIZ];		/* or "" */
	struct plan plan;		/* its master is found by bridge */
};

/* Where pairs are worked on. */
struct pair_place {
	struct nl *host, *inner;	/* sockets in either namespace */
	int host_ns, ns;	/* the host's namespace, the container's */
	const char *name;	/* of the container */
	const char *netns;	/* what that was called, for messages */
};

/* A pair that is worked on. */
struct pair_job {
	const struct pair *want;
	char alt[IFNAME_ALT_SIZE];	/* for a new one, or "" */
	struct link link;	/* the host's end; index 0: there is none */
	int bridge;		/* index, or 0 */
	bool bridge_up;
	bool has_mac;		/* of the end in the container: known */
	uint8_t mac[6];
	bool made;		/* or tried to */
};

/* What a pair is; inner.index 0: the namespace cannot be seen. */
struct pair_state {
	struct link host, inner;
	struct plan_side host_side, inner_side;
	char bridge[IFNAMSIZ];
};

/*
 * All of these return 0, or -1 with errno and why.
 *
 * pair_look - find the pair and its bridge, and change nothing
 *
 * EEXIST: there is a link of that name that is not ours.
 */
int pair_look(struct nl *host, struct pair_job *job, struct errmsg *why);

/*
 * pair_put - make it so, after pair_look
 *
 * What is there is kept and changed where it differs, and changed back on
 * failure; a pair whose other end is in another namespace is made anew.  One
 * made on a bridge has MAC addresses that stay, and tells the others there of
 * its addresses.  The process is in the host's namespace.
 */
int pair_put(const struct pair_place *at, struct pair_job *job,
    struct errmsg *why);

/* pair_undo - remove what pair_put made; what fails here cannot be helped */
void pair_undo(const struct pair_place *at, const struct pair_job *job);

/* pair_leads - does the link have its other end in that namespace? 1, 0, -1 */
int pair_leads(struct nl *host, int ns, const struct link *link);

/*
 * pair_retire - leave the host's end to its namespace, which is about to die
 *
 * Its names are free then, and it is down and without addresses.  pair_remove
 * removes it, which takes the kernel 20 ms (an rcu_barrier).
 */
int pair_retire(struct nl *host, const struct link *link, struct errmsg *why);
int pair_remove(struct nl *host, const struct link *link, struct errmsg *why);

/*
 * pair_read - tell what a pair is; ns is the container's namespace, or -1
 *
 * The process ends up in that.  ENODEV: there is no such link of ours.
 */
int pair_read(struct nl *host, const struct pair *want, int ns,
    struct pair_state *state, struct errmsg *why);

#endif
