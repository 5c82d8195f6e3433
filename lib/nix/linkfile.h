/* SPDX-License-Identifier: MIT */
#ifndef NIX_LINKFILE_H
#define NIX_LINKFILE_H

#include <limits.h>

#include "base/storepath.h"
#include "nix/strset.h"

/* The file that stores known links; nix/roots.h describes its records. */
#define LINKFILE "links"

enum { LINKFILE_RECORD = 1 + STOREPATH_NAME + PATH_MAX };

/* linkfile_read - read the records, sorted; 0 (also without a file) or -1 */
int linkfile_read(int dir, struct strset *records);

/*
 * linkfile_write - replace the records, if they differ from those before
 *
 * Atomic, and on disk on return.  Returns 0, or -1 with errno.
 */
int linkfile_write(int dir, const struct strset *before,
    const struct strset *now);

#endif
