/* SPDX-License-Identifier: MIT */
#ifndef CONF_DOT_H
#define CONF_DOT_H

#include <stdio.h>

#include "conf/view.h"

/*
 * A graph for Graphviz: the host, bridges, interfaces, namespaces and containers,
 * and their links.
 */
struct dot {
	FILE *to;
	void *drawn;		/* tsearch(3): nodes that containers may share */
	bool failed;		/* no memory for one of them */
};

/* dot_begin - write the beginning of the graph, and the host */
void dot_begin(struct dot *d, FILE *to);

/* dot_container - write a container and its links */
void dot_container(struct dot *d, const struct view *v);

/* dot_end - end the graph; returns 0, or -1 with errno ENOMEM */
int dot_end(struct dot *d);

#endif
