/* SPDX-License-Identifier: MIT */
#ifndef CONF_DOT_H
#define CONF_DOT_H

#include <stdio.h>

#include "conf/view.h"

/*
 * What is connected with what, in the language of Graphviz: the host, bridges,
 * interfaces and namespaces, and containers.
 */
struct dot {
	FILE *to;
	void *drawn;		/* tsearch(3): the nodes that several may share */
	bool failed;		/* no memory for one of them */
};

/* dot_begin - the begin of a graph, and the host */
void dot_begin(struct dot *d, FILE *to);

/* dot_container - a container and its links */
void dot_container(struct dot *d, const struct view *v);

/* dot_end - end the graph; returns 0, or -1 with errno ENOMEM */
int dot_end(struct dot *d);

#endif
