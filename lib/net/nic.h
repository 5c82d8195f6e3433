/* SPDX-License-Identifier: MIT */
#ifndef NET_NIC_H
#define NET_NIC_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/nl.h"
#include "net/link.h"
#include "base/errmsg.h"

#define NIC_DIR "/run/mkveth"

enum { NIC_MAX = 32 };

/* An interface of the host's that a container is to have a part in. */
struct nic {
	bool move;		/* all of it: the interface itself */
	char from[IFNAMSIZ];	/* what it is called on the host */
	struct link_child child;	/* else: made on top of that */
};

/*
 * What a container has been given: kept in a file of NIC_DIR that is called
 * as the container, for nothing in a container's namespace can be trusted.
 */
struct nic_list {
	int n;
	bool file;		/* there is one */
	struct nic_mark {
		bool moved;
		int index;	/* in the container, or 0: not known yet */
		char name[IFNAMSIZ];
		char kind[LINK_KIND];
	} mark[NIC_MAX];
};

/* Where guests are worked on. */
struct nic_place {
	struct nl *host, *inner;	/* sockets in either namespace */
	int host_ns, ns;		/* and these */
	const char *name;		/* of the container */
	const char *netns;		/* for messages */
};

/*
 * nic_load - read what a container has been given; n 0: nothing
 *
 * This and those below return 0, or -1 with errno and why.  EBADMSG: the file
 * is none of ours.
 */
int nic_load(const char *name, struct nic_list *list, struct errmsg *why);

/*
 * nic_put - give it to the container, and note it in list and file
 *
 * What is there stays.  It is noted before it is done: killed here, nic_drop
 * finds it.
 */
int nic_put(const struct nic_place *at, const struct nic *guest,
    struct nic_list *list, struct errmsg *why);

/*
 * nic_drop - bring back what was moved, remove what was made
 *
 * Those of list from the one numbered keep on, last first; the file is then
 * brought up to date.  What is gone is passed over.
 */
int nic_drop(const struct nic_place *at, struct nic_list *list,
    int keep, struct errmsg *why);

#endif
