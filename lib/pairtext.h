/* SPDX-License-Identifier: MIT */
#ifndef PAIRTEXT_H
#define PAIRTEXT_H

#include <stdio.h>

#include "pair.h"

/*
 * pairtext_json - write a pair as one JSON object
 *
 * name, netns; host: ifname, ifindex, up, mtu, mac, addresses, altname,
 * bridge; local: the first six of these, or null where it cannot be seen.
 * Errors are those of the stream.
 */
void pairtext_json(FILE *f, const char *name, const char *netns,
    const struct pair_state *state);

/* pairtext_lines - one line for each end, each complete in itself */
void pairtext_lines(FILE *f, const char *name, const char *netns,
    const struct pair_state *state);

#endif
