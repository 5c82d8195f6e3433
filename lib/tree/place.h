/* SPDX-License-Identifier: MIT */
#ifndef TREE_PLACE_H
#define TREE_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/errmsg.h"

/* A path in two parts: the directory above, and the name in it. */
struct place {
	char above[PATH_MAX];
	char name[NAME_MAX + 1];
};

/*
 * place_split - returns 0, or -1 and why, with errno
 *
 * EINVAL: the path does not end with a name; ENAMETOOLONG.
 */
int place_split(struct place *p, const char *path, struct errmsg *why);

/* place_tail - the end of a path, which has space in a message */
const char *place_tail(const char *path);

/* place_dir - open a directory in the tree top, or on the host if that is -1 */
int place_dir(int top, const char *path);

/*
 * place_find - the directory to copy into; p->name becomes the copy's name
 *
 * If to is a directory, the copy keeps the name that it has in from; p->name is "" if
 * from is NULL.  Otherwise to ends with the name, behind which a file has no slash.
 * top: as for place_dir; dir: a directory is copied.
 * Returns a descriptor, or -1 and why, with errno.
 */
int place_find(int top, const char *from, const char *to, bool dir, struct place *p,
    struct errmsg *why);

#endif
