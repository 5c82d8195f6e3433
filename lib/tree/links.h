/* SPDX-License-Identifier: MIT */
#ifndef TREE_LINKS_H
#define TREE_LINKS_H

#include <stddef.h>
#include <sys/stat.h>

/* Files with several hard links that a copy has met; begins with all zero. */
struct links {
	void *root;
	size_t bytes;		/* of the paths */
};

/*
 * links_known - the path at which this file was met first, or NULL
 *
 * NULL also of a file with one link.
 */
const char *links_known(const struct links *l, const struct stat *st);

/*
 * links_add - note that this file was met at path, of which a copy is made
 *
 * A file with one link is not noted.  If there are too many to remember, or the path
 * is too long to open, further ones become copies of their own.
 */
void links_add(struct links *l, const struct stat *st, const char *path);

void links_free(struct links *l);

#endif
