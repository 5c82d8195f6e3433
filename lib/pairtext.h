/* SPDX-License-Identifier: MIT */
#ifndef PAIRTEXT_H
#define PAIRTEXT_H

#include <stdio.h>

#include "guest.h"
#include "pair.h"

/*
 * pairtext_json - write a pair as object n of a JSON array, from 0 on
 *
 * name, netns; host: ifname, ifindex, up, mtu, mac, addresses, altname,
 * bridge; local: the first six of these, or null where it cannot be seen.
 * Of a guest host is null, and local is ifname, ifindex and kind ("moved", or
 * the kind of link that was made for the container).
 * Errors are those of the stream.
 */
void pairtext_json(FILE *f, int n, const char *name, const char *netns,
    const struct pair_state *state);
void pairtext_guest_json(FILE *f, int n, const char *name, const char *netns,
    const struct guest_mark *guest);

/* pairtext_lines - one line for each end, each complete in itself */
void pairtext_lines(FILE *f, const char *name, const char *netns,
    const struct pair_state *state);
void pairtext_guest(FILE *f, const char *name, const char *netns,
    const struct guest_mark *guest);

#endif
