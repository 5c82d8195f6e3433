/* SPDX-License-Identifier: MIT */
#ifndef TREE_ATTRS_H
#define TREE_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Extended attributes that a copy keeps: "user.*" and ACLs.  Others have a meaning
 * for the kernel or a security module, such as security.capability.
 */

enum { ATTRS_MAX = 65536 };	/* of names, and of a value: limits of the kernel */

#define ATTRS_ACL_DEFAULT "system.posix_acl_default"

/* attrs_kept - is it one that a copy keeps? */
bool attrs_kept(const char *name);

/*
 * attrs_each - call take for each attribute that a copy keeps
 *
 * fd must be open for reading or writing.  shift is added to the user and group IDs
 * in ACLs, as attrs_shift does.  Returns 0, or -1 if take did; a file system without
 * attributes has none.  Not to be called by take.
 */
int attrs_each(int fd, int64_t shift, int (*take)(void *arg, const char *name,
    const void *value, size_t n), void *arg);

/*
 * attrs_set - set one, if it is of those that a copy keeps
 *
 * Returns 0, or -1 with errno, also EPERM for one that it does not keep.
 */
int attrs_set(int fd, const char *name, const void *value, size_t n);

/* attrs_copy - those of from; returns how many could not be set */
unsigned long attrs_copy(int from, int to, int64_t shift);

/*
 * attrs_shift - add shift to the IDs in an ACL, as the kernel passes it
 *
 * A container has 65536 IDs: if shift is not 0, an entry of an ID that it lacks, before
 * or after, is left out; so is one of an ID that the kernel could not map.  Returns the
 * new length.
 * Source: linux/posix_acl_xattr.h.
 */
size_t attrs_shift(void *acl, size_t n, int64_t shift);

#endif
