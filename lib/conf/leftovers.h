/* SPDX-License-Identifier: MIT */
#ifndef CONF_LEFTOVERS_H
#define CONF_LEFTOVERS_H

#include "conf/findings.h"
#include "conf/job.h"

/*
 * leftovers_add - find what is left of a container that does not run
 *
 * That is what "nixos-container cleanup" removes.  ifname is the host's end of its
 * pair; why says that nothing should be there, such as "is stopped".
 */
void leftovers_add(struct findings *found, const struct cli_job *job,
    const char *name, const char *ifname, const char *why);

/*
 * leftovers_strays - call each with the containers that have left something, but
 * have no settings
 *
 * They are found by the names of their records and network namespaces.
 */
void leftovers_strays(const struct cli_job *job,
    void (*each)(const char *name, void *arg), void *arg);

#endif
