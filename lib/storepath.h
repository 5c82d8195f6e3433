/* SPDX-License-Identifier: MIT */
#ifndef STOREPATH_H
#define STOREPATH_H

#include <stddef.h>

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

#endif
