/* SPDX-License-Identifier: MIT */
#ifndef NET_FLOWMATCH_H
#define NET_FLOWMATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/flow.h"

/* The addresses of a flow; those of the answers differ with NAT. */
enum { FLOW_FROM, FLOW_TO, FLOW_ANSWER_FROM, FLOW_ANSWER_TO, FLOW_ENDS };

/* An entry, as far as it is compared. */
struct flow {
	uint8_t protocol;	/* IPPROTO_TCP or another */
	int port;		/* original destination, or -1 */
	bool nat;		/* has an address or port been changed? */
	struct flow_address end[FLOW_ENDS];	/* family is 0 if it is unknown */
};

/* The addresses of the host, read when the first one is compared. */
struct flowmatch_own {
	struct flow_address *address;
	size_t n, room;
	bool read;
	int err;		/* errno of a failure, or 0 */
};

/* flowmatch_sort - sort addresses for flowmatch */
void flowmatch_sort(struct flow_address *address, size_t n);

/*
 * flowmatch - is this flow one of those to forget?
 *
 * The addresses in wanted are sorted.  own is zeroed before the first call; the
 * caller frees own->address.
 */
bool flowmatch(const struct flow_wanted *wanted, const struct flow *flow,
    struct flowmatch_own *own);

#endif
