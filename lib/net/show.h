/* SPDX-License-Identifier: MIT */
#ifndef NET_SHOW_H
#define NET_SHOW_H

#include <stdio.h>

#include "net/nic.h"
#include "net/veth.h"

/*
 * show_json - write a pair as object n of a JSON array, from 0 on
 *
 * name, netns; host: ifname, ifindex, up, mtu, mac, addresses, altname,
 * bridge; local: the first six of these, or null where it cannot be seen.
 * Of a guest host is null, and local is ifname, ifindex and kind ("moved", or
 * the kind of link that was made for the container).
 * Errors are those of the stream.
 */
void show_json(FILE *f, int n, const char *name, const char *netns,
    const struct pair_state *state);
void show_guest_json(FILE *f, int n, const char *name, const char *netns,
    const struct nic_mark *guest);

/* show_lines - one line for each end, each complete in itself */
void show_lines(FILE *f, const char *name, const char *netns,
    const struct pair_state *state);
void show_guest(FILE *f, const char *name, const char *netns,
    const struct nic_mark *guest);

#endif
