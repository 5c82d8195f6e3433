/* SPDX-License-Identifier: MIT */
#ifndef PAIR_H
#define PAIR_H

#include "ifname.h"
#include "plan.h"
#include "rtlink.h"
#include "why.h"

/* The network of a container, as it is asked for. */
struct pair {
	char host[IFNAMSIZ];		/* the interface on the host */
	char alt[IFNAME_ALT_SIZE];	/* its alternative name, or "" */
	const char *peer;		/* the interface in the container */
	const char *netns;		/* as netns_open takes it */
	int ns;		/* that, open; or -1: a name, made if need be */
	const char *bridge;		/* or NULL */
	struct plan plan;		/* its master is found by bridge */
};

/* The same, as it is; inner.index 0: the namespace cannot be seen. */
struct pair_state {
	struct rtlink host, inner;
	struct plan_side host_side, inner_side;
	char bridge[IFNAMSIZ];
};

/*
 * pair_add - make it so
 *
 * What is there and ours is kept and changed where it differs; a pair of ours
 * whose other end is in another namespace is made anew.  On failure what was
 * done is undone, last first.  The process ends up in the container's
 * network namespace.  Returns 0, or -1 with errno and why.
 */
int pair_add(const struct pair *want, struct why *why);

/*
 * pair_del - remove the link, and the namespace's name if it is a plain one
 *
 * The names are free when it returns.  With wait the link is gone too, which
 * takes the kernel 20 ms; without, it dies with the namespace, if that was
 * known by its name, and until then is down under another name.  Nothing
 * there is no failure.  Returns 0, or -1 with errno and why; EEXIST: the link
 * is not ours, and nothing was touched.
 */
int pair_del(const struct pair *want, bool wait, struct why *why);

/*
 * pair_read - look at it through a socket in the host's namespace
 *
 * The process ends up in the container's network namespace.  Returns 0, or
 * -1 with errno (ENODEV: there is no such link of ours) and why.
 */
int pair_read(struct nl *nl, const struct pair *want,
    struct pair_state *state, struct why *why);

#endif
