/* SPDX-License-Identifier: MIT */
#ifndef BASE_STOREPATH_H
#define BASE_STOREPATH_H

#include <stddef.h>

/* Size of HASH-NAME with its null byte: Nix allows 211 characters in NAME. */
enum { STOREPATH_NAME = 32 + 1 + 211 + 1 };

/*
 * storepath_resolve - the path that a root must point to, for a given path
 *
 * given is absolute and exists.  A path in the store ($NIX_STORE_DIR, else
 * /nix/store) is taken as it is, without slashes at its end, as a link in the
 * store may be a root itself.  In other paths links are resolved: the
 * collector only recognizes paths in the store.  Returns 0, or -1 with errno
 * EINVAL (in the store, but not in a store path), ENAMETOOLONG, or that of
 * stat(2) and realpath(3).
 * Source: nix-store(1); src/libstore/path.cc of Nix 2.8.
 */
int storepath_resolve(const char *given, char *buf, size_t size);

/* storepath_store - the directory of the store */
const char *storepath_store(void);

/*
 * storepath_name - the store path that a link's text points into
 *
 * name receives its name in the store, HASH-NAME.  The file system is not
 * accessed.  Returns 0, or -1 with errno ENOENT (not in the store) or EINVAL
 * (in the store, but not in a store path).
 */
int storepath_name(const char *text, char name[STOREPATH_NAME]);

#endif
