/* SPDX-License-Identifier: MIT */
#ifndef NIX_LINKFILE_H
#define NIX_LINKFILE_H

#include <limits.h>

#include "nix/storepath.h"
#include "nix/strset.h"

/* The file that remembers links; what its records are is in lib/nix/roots.h. */
#define LINKFILE "links"

enum { LINKFILE_RECORD = 1 + STOREPATH_NAME + PATH_MAX };

/* linkfile_read - the records, sorted; no file, no records; 0, or -1 */
int linkfile_read(int dir, struct strset *records);

/*
 * linkfile_write - remember the records of now
 *
 * If they are those of before, nothing is written.  They are there all or not
 * at all, and on disk on return.  Returns 0, or -1 with errno.
 */
int linkfile_write(int dir, const struct strset *before,
    const struct strset *now);

#endif
