/* SPDX-License-Identifier: MIT */
#ifndef TREE_SPARSE_H
#define TREE_SPARSE_H

#include <stddef.h>
#include <stdint.h>

enum { SPARSE_MAX = 65536 };	/* parts of a file */

struct sparse_part {
	int64_t at, size;
};

/* The map of a sparse file in a tar, in GNU's format 1.0. */
struct sparse {
	int64_t real;		/* size of the file */
	size_t n;		/* parts that were read */
	struct sparse_part part[SPARSE_MAX];
	/* used by sparse_take only */
	int64_t want;		/* parts that it says to have, or -1 */
	int64_t number;		/* of the digits so far, or -1: none */
	int64_t at;		/* of the next part, or -1 */
};

void sparse_begin(struct sparse *s, int64_t real);

/*
 * sparse_take - read the next n bytes of the text
 *
 * Returns 1 if more must follow; 0 at its end, whatever follows; or -1 if it is not
 * such a map, has more than SPARSE_MAX parts, or parts that are not one after the
 * other within the file.
 * Source: GNU tar, "Storing Sparse Files".
 */
int sparse_take(struct sparse *s, const char *text, size_t n);

#endif
