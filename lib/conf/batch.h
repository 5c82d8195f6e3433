/* SPDX-License-Identifier: MIT */
#ifndef CONF_BATCH_H
#define CONF_BATCH_H

#include <stdbool.h>
#include <stdio.h>

#include "base/errmsg.h"
#include "conf/settings.h"

/*
 * Networks to be compared with settings by one "mkveth batch".
 *
 * batch_open - no networks yet
 * batch_add - the network of a container, whose settings have passed a check
 * batch_run - call each with the lines that mkveth prints, "NAME: what differs"
 *
 * Return 0, or -1 with why: mkveth cannot be run, or could not look; its messages
 * are on standard error.  Source: mkveth(8).
 */
struct batch {
	FILE *lines;		/* in memory; owned */
	int fd;
	size_t n;		/* networks */
	bool failed;		/* out of memory */
};

int batch_open(struct batch *b, struct errmsg *why);
void batch_add(struct batch *b, const struct settings *s, const char *name);
int batch_run(struct batch *b, void (*each)(char *line, void *arg), void *arg,
    struct errmsg *why);
void batch_close(struct batch *b);

#endif
