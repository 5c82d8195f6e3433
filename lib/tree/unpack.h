/* SPDX-License-Identifier: MIT */
#ifndef TREE_UNPACK_H
#define TREE_UNPACK_H

#include <stdint.h>

#include "base/errmsg.h"
#include "tree/archive.h"

/*
 * unpack - unpack a tar, whose maker is untrusted, into an empty directory
 *
 * top: a descriptor of the directory.  in: the tar, compressed or not, which is
 * read to its end.  tar(1) and what decompresses run in a jail (tree/jail.h), and
 * what reads the headers first in seccomp(2)'s strict mode.  Owners are kept by
 * number, and modes, times, extended attributes "user" and file capabilities.
 * Device nodes are left out: *devices is their number.  Needs the capabilities
 * of tree/jail.h.
 * Returns 0, or -1 and why: then part of it may be there.
 */
int unpack(int top, int in, const struct archive_limit *limit,
    uint64_t *devices, struct errmsg *why);

/*
 * unpack_into - the same, into a directory that keeps its owner and mode: all of it, or
 * nothing
 *
 * name: its name in the directory above.
 */
int unpack_into(int above, const char *name, int in, const struct archive_limit *limit,
    uint64_t *devices, struct errmsg *why);

#endif
