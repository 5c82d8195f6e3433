/* SPDX-License-Identifier: MIT */
#ifndef TREE_OWNER_H
#define TREE_OWNER_H

#include <sys/types.h>

#include "base/errmsg.h"

/*
 * owner_find - a user of a tree, by name or by number
 *
 * Reads etc/passwd in the tree, resolved as in the container.  A number that is not
 * there gets the group of the same number.  Returns 0, or -1 and why.
 */
int owner_find(int top, const char *user, uid_t *uid, gid_t *gid, struct errmsg *why);

#endif
