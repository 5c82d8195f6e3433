/* SPDX-License-Identifier: MIT */
#ifndef GUEST_H
#define GUEST_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "nl.h"
#include "rtlink.h"
#include "why.h"

#define GUEST_DIR "/run/mkveth"

enum { GUEST_MAX = 32 };

/* An interface of the host's that a container is to have a part in. */
struct guest {
	bool move;		/* all of it: the interface itself */
	char from[IFNAMSIZ];	/* what it is called on the host */
	struct rtlink_child child;	/* else: made on top of that */
};

/*
 * What a container has been given: kept in a file of GUEST_DIR that is called
 * as the container, for nothing in a container's namespace can be trusted.
 */
struct guest_list {
	int n;
	bool file;		/* there is one */
	struct guest_mark {
		bool moved;
		int index;	/* in the container, or 0: not known yet */
		char name[IFNAMSIZ];
		char kind[RTLINK_KIND];
	} mark[GUEST_MAX];
};

/* Where guests are worked on. */
struct guest_place {
	struct nl *host, *inner;	/* sockets in either namespace */
	int host_ns, ns;		/* and these */
	const char *name;		/* of the container */
	const char *netns;		/* for messages */
};

/*
 * guest_load - read what a container has been given; n 0: nothing
 *
 * This and those below return 0, or -1 with errno and why.  EBADMSG: the file
 * is none of ours.
 */
int guest_load(const char *name, struct guest_list *list, struct why *why);

/*
 * guest_put - give it to the container, and note it in list and file
 *
 * What is there stays.  It is noted before it is done: killed here, guest_drop
 * finds it.
 */
int guest_put(const struct guest_place *at, const struct guest *guest,
    struct guest_list *list, struct why *why);

/*
 * guest_drop - bring back what was moved, remove what was made
 *
 * Those of list from the one numbered keep on, last first; the file is then
 * brought up to date.  What is gone is passed over.
 */
int guest_drop(const struct guest_place *at, struct guest_list *list,
    int keep, struct why *why);

#endif
