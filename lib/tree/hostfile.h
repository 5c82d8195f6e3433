/* SPDX-License-Identifier: MIT */
#ifndef TREE_HOSTFILE_H
#define TREE_HOSTFILE_H

#include <stdbool.h>

#include "base/errmsg.h"

/* Files of the host that are copied from, or to. */

enum { HOSTFILE_NONE = -1, HOSTFILE_FAILED = -2 };

/*
 * hostfile_own - the descriptor of this process that a file argument names
 *
 * dash: the meaning of "-".  To be called before anything is opened, so that it cannot
 * name one of our own.  Returns it, HOSTFILE_NONE, or HOSTFILE_FAILED and why.
 */
int hostfile_own(const char *file, int dash, struct errmsg *why);

/*
 * hostfile_source - open a file to read
 *
 * *stream: it is a FIFO or a device, to be read to its end; else the descriptor is an
 * O_PATH one.  Returns -1 and why on failure.
 */
int hostfile_source(const char *file, bool *stream, struct errmsg *why);

/*
 * hostfile_special - open a file to write into
 *
 * A device such as /dev/null is not replaced, and links are followed, as cp(1) does.
 * Returns a descriptor; HOSTFILE_NONE: create or replace it; or HOSTFILE_FAILED and
 * why.
 */
int hostfile_special(const char *file, struct errmsg *why);

#endif
