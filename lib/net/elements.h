/* SPDX-License-Identifier: MIT */
#ifndef NET_ELEMENTS_H
#define NET_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ELEMENTS_KEY = 80,	/* bytes of the longest: a range at an IPv6 address */
	ELEMENTS_NAME = 32,	/* of a set */
	ELEMENTS_SETS = 48,
};

/* An element as the kernel has it; of a map, its key and then its data. */
struct element {
	uint8_t size, byte[ELEMENTS_KEY];
};

/* The elements of a set or map, sorted. */
struct elements_set {
	char name[ELEMENTS_NAME];
	size_t n, room;
	struct element *list;
};

/* The elements of the tables of nftables called nixos-container; zeroed. */
struct elements {
	int sets;
	struct elements_set set[ELEMENTS_SETS];
};

/*
 * elements_has - is an element loaded?
 *
 * line is the name of a set and the element, or several, as ctr-conf rules prints
 * them: all must be.  Each set is read once, when it is first asked for.  A table
 * or set that is missing has no elements.  Returns 1, 0, or -1 with errno: that of a socket, EINVAL
 * (no such element is possible), EPERM.
 * Source: linux/netfilter/nf_tables.h.
 */
int elements_has(struct elements *e, const char *line);

#endif
