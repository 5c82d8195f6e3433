/* SPDX-License-Identifier: MIT */
#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include <stdbool.h>
#include <sys/types.h>

#include "net/nic.h"
#include "net/veth.h"

enum {
	NETWORK_EXTRA = 8,	/* pairs beside the container's own */
	NETWORK_PAIRS = 1 + NETWORK_EXTRA,
};

/* The network of a container, as requested. */
struct network {
	const char *name;	/* of the container */
	const char *netns;	/* as netns_open takes it */
	int ns;			/* netns, open; -1: it is a name in NETNS_DIR */
	bool no_pair;		/* do not create the first pair */
	bool release;		/* wake the waiters in the namespace: ready.h */
	int n;			/* pairs; the first is the container's own */
	struct veth_wanted pair[NETWORK_PAIRS];
	int nics;
	struct nic nic[NIC_MAX];
};

/* Namespaces of deleted networks that are kept open, see network_del. */
enum { NETWORK_HELD = 32 };

/* The host's namespace: the one in which the process starts. */
struct network_host {
	struct nl nl;
	int held[NETWORK_HELD];	/* a ring */
	unsigned n_held;	/* how many were ever put into it */
	int ns;			/* to return to it */
	dev_t dev;		/* to recognize it */
	ino_t ino;
};

/* network_extra_name - alternative name of extra pair k, from 0 on */
const char *network_extra_name(const char *name, int k,
    char alt[IFNAME_ALT_SIZE]);

/*
 * network_open - open the current namespace as the host's
 *
 * It serves any number of containers, one after the other, and is never
 * closed.  Returns 0, or -1 with errno and why, as the functions below.
 */
int network_open(struct network_host *host, struct errmsg *why);

/*
 * network_add - create or change a network
 *
 * What mkveth made before is kept and changed where it differs; extra pairs
 * that are not wanted any more are removed.  On failure everything is undone,
 * last step first.
 */
int network_add(struct network_host *host, const struct network *want,
    struct errmsg *why);

/*
 * network_verify - say what network_add would create, change or remove
 *
 * It runs the same code, with sockets that change nothing.
 */
int network_verify(struct network_host *host, const struct network *want,
    struct verify *verify, struct errmsg *why);

/*
 * network_del - remove the links, and the name of the namespace if it has one
 *
 * Moved interfaces are moved back first.  If that fails, nothing else is
 * removed, so that they are not lost with the namespace.  A network that does
 * not exist is no failure.  EEXIST: a link was not made by mkveth; nothing is
 * changed.
 *
 * When it returns, all names can be used again.  With wait the links are gone
 * too, which takes the kernel 20 ms.  Without, they are down under other names
 * and die with the namespace.  The namespace itself is kept open until host is
 * closed or many more are deleted: the kernel's cleanup would delay the next
 * deletion.
 */
int network_del(struct network_host *host, const struct network *want,
    bool wait, struct errmsg *why);

#endif
