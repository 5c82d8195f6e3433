/* SPDX-License-Identifier: MIT */
#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include <stdbool.h>
#include <sys/types.h>

#include "net/nic.h"
#include "net/veth.h"

enum {
	NETWORK_MORE = 8,	/* pairs beside the container's own */
	NETWORK_PAIRS = 1 + NETWORK_MORE,
};

/* The network of a container, as it is asked for. */
struct network {
	const char *name;	/* of the container */
	const char *netns;	/* as netns_open takes it */
	int ns;		/* that, open; or -1: a name, made if need be */
	bool bare;		/* the first of the pairs is not to be made */
	bool release;		/* let go who waits in the namespace: release.h */
	int n;			/* pairs; the first is the container's own */
	struct pair pair[NETWORK_PAIRS];
	int guests;
	struct nic guest[NIC_MAX];
};

/* Namespaces of deleted networks that are held, see network_del. */
enum { NETWORK_HELD = 32 };

/* The host's namespace: the one that a process is in and stays in. */
struct network_host {
	struct nl nl;
	int held[NETWORK_HELD];
	unsigned n_held;	/* in all; the last of them are there */
	int ns;			/* to come back */
	dev_t dev;		/* and to be told from others */
	ino_t ino;
};

/*
 * network_more - the alternative name of a further pair; k: 0 to NETWORK_MORE - 1
 */
const char *network_more(const char *name, int k, char alt[IFNAME_ALT_SIZE]);

/*
 * network_open - open the present namespace as the host's
 *
 * It serves any number of containers, one after the other, and is closed by
 * the end of the process.  Returns 0, or -1 with errno and why, as those below.
 */
int network_open(struct network_host *host, struct errmsg *why);

/*
 * network_add - make it so
 *
 * What is there and ours is kept and changed where it differs; further pairs
 * that are not asked for go.  On failure what was done is undone, last first.
 */
int network_add(struct network_host *host, const struct network *want,
    struct errmsg *why);

/*
 * network_del - remove the links, and the namespace's name if it is a plain one
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
int network_del(struct network_host *host, const struct network *want, bool wait,
    struct errmsg *why);

#endif
