/* SPDX-License-Identifier: MIT */
#ifndef NET_SHOW_H
#define NET_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "base/errmsg.h"
#include "net/network.h"

/* What mkveth show prints, over all containers. */
struct show {
	FILE *out;
	bool json;
	int n;			/* objects printed so far */
	struct nl host, inner;	/* host is opened by the caller */
	struct place at;	/* of the container being shown */
};

/*
 * show_network - print the pairs and interfaces of a container
 *
 * A line for each end of a pair and for each interface, or with json an
 * element of an array for each pair and interface; mkveth(8) has the members.
 * Returns 1, 0 if the container has neither, or -1 with why.  Write errors are
 * those of the stream.  The process may end up in another network namespace.
 */
int show_network(struct show *show, const struct network *net,
    struct errmsg *why);

#endif
