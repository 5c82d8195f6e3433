/* SPDX-License-Identifier: MIT */
#ifndef CTRNET_H
#define CTRNET_H

#include <stdbool.h>
#include <sys/types.h>

#include "guest.h"
#include "pair.h"

enum {
	CTRNET_MORE = 8,	/* pairs beside the container's own */
	CTRNET_PAIRS = 1 + CTRNET_MORE,
};

/* The network of a container, as it is asked for. */
struct ctrnet {
	const char *name;	/* of the container */
	const char *netns;	/* as netns_open takes it */
	int ns;		/* that, open; or -1: a name, made if need be */
	bool bare;		/* the first of the pairs is not to be made */
	bool release;		/* let go who waits in the namespace: release.h */
	int n;			/* pairs; the first is the container's own */
	struct pair pair[CTRNET_PAIRS];
	int guests;
	struct guest guest[GUEST_MAX];
};

/* Namespaces of deleted networks that are held, see ctrnet_del. */
enum { CTRNET_HELD = 32 };

/* The host's namespace: the one that a process is in and stays in. */
struct ctrnet_host {
	struct nl nl;
	int held[CTRNET_HELD];
	unsigned n_held;	/* in all; the last of them are there */
	int ns;			/* to come back */
	dev_t dev;		/* and to be told from others */
	ino_t ino;
};

/*
 * ctrnet_more - the alternative name of a further pair; k: 0 to CTRNET_MORE - 1
 */
const char *ctrnet_more(const char *name, int k, char alt[IFNAME_ALT_SIZE]);

/*
 * ctrnet_open - open the present namespace as the host's
 *
 * It serves any number of containers, one after the other, and is closed by
 * the end of the process.  Returns 0, or -1 with errno and why, as those below.
 */
int ctrnet_open(struct ctrnet_host *host, struct why *why);

/*
 * ctrnet_add - make it so
 *
 * What is there and ours is kept and changed where it differs; further pairs
 * that are not asked for go.  On failure what was done is undone, last first.
 */
int ctrnet_add(struct ctrnet_host *host, const struct ctrnet *want,
    struct why *why);

/*
 * ctrnet_del - remove the links, and the namespace's name if it is a plain one
 *
 * Interfaces that were moved come back first; where that fails, the rest
 * stays, so that they are not lost with the namespace.
 * The names are free when it returns.  With wait the links are gone too,
 * which takes the kernel 20 ms; without, they die with the namespace if it
 * was that of the name, and until then are down under other names.  It dies
 * when host is closed or has deleted many more: what the kernel does for that
 * would hold up the next.  Nothing there is no failure.  EEXIST: a link is not
 * ours, and nothing was touched.
 */
int ctrnet_del(struct ctrnet_host *host, const struct ctrnet *want, bool wait,
    struct why *why);

#endif
