/* SPDX-License-Identifier: MIT */
#ifndef CONF_AUDIT_H
#define CONF_AUDIT_H

#include <net/if.h>
#include <stdio.h>

#include "base/errmsg.h"
#include "conf/job.h"
#include "conf/rules.h"

/* What only lib/net knows of the host. */
struct audit_host {
	/* loaded - is an element of rules_print loaded?  1, 0, or -1 with errno */
	int (*loaded)(const char *line);
	/* link - the host's end of the container's own pair */
	void (*link)(const char *name, char ifname[IFNAMSIZ]);
	/* mac - as in struct rules_links */
	int (*mac)(const char *name, const char *interface, uint8_t mac[6]);
};

/*
 * audit_print - compare settings with what is there, and print each difference
 *
 * Of the containers of the command line, or of all.  Of one that runs: its unit,
 * machine, drop-in, roots, rules and, by "mkveth batch", its network; of one that
 * is stopped: what is left of it.  One that starts or stops is left out.  Of all:
 * also what is left of those that have no settings any more.  Nothing is changed.  A line is "NAME: what differs"; with job->json it is an array of
 * objects.  mend gets a line with the commands that repair this.  Returns the
 * number of differences, or -1 and why: it could not be found out.
 */
int audit_print(const struct cli_job *job, const struct audit_host *host,
    FILE *out, FILE *mend, struct errmsg *why);

#endif
