/* SPDX-License-Identifier: MIT */
#ifndef CONF_SUBID_H
#define CONF_SUBID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The end of all user IDs, and the size of a container's range. */
#define SUBID_END ((uint64_t)1 << 32)
enum { SUBID_COUNT = 65536 };

/* A range of user IDs, or of group IDs. */
struct subid_range {
	uint64_t first, end;	/* end: the one after the last, at most SUBID_END */
};

/* A range of the host's users. */
struct subid {
	char owner[64];		/* a name or a number, maybe cut */
	struct subid_range range;
};

bool subid_overlap(const struct subid_range *a, const struct subid_range *b);

/*
 * subid_next - the next range in an open /etc/subuid or /etc/subgid
 *
 * Lines that are malformed or have no IDs are skipped, as shadow-utils does; a
 * range that goes beyond all IDs is cut.  Returns whether there was one.
 * Source: subuid(5).
 */
bool subid_next(FILE *f, struct subid *id);

#endif
