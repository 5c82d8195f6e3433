/* SPDX-License-Identifier: MIT */
#ifndef NIX_STOREPATH_H
#define NIX_STOREPATH_H

#include <stddef.h>

/* Room for HASH-NAME: Nix allows 211 characters in NAME. */
enum { STOREPATH_NAME = 32 + 1 + 211 + 1 };

/*
 * storepath_resolve - the path that a root shall lead to, for one that is given
 *
 * given is absolute and exists.  A path in the store ($NIX_STORE_DIR, else
 * /nix/store) stays as it is but for slashes at its end, for a link there
 * counts itself; of another, links are resolved, as only then the collector
 * sees what in the store it leads to.  Returns 0, or -1 with errno EINVAL (it
 * is in the store, but not a store path, nor below one), ENAMETOOLONG, or that
 * of stat(2) and realpath(3).
 * Source: nix-store(1); src/libstore/path.cc of Nix 2.8.
 */
int storepath_resolve(const char *given, char *buf, size_t size);

/* storepath_store - the directory of the store */
const char *storepath_store(void);

/*
 * storepath_name - the store path that a link's text leads into
 *
 * Only the text is looked at.  name receives HASH-NAME, the name in the store
 * of the store path that it is or lies below.  Returns 0, or -1 with errno
 * ENOENT (it is not in the store), EINVAL (it is, but is not such a path).
 */
int storepath_name(const char *text, char name[STOREPATH_NAME]);

#endif
