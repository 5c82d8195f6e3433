/* SPDX-License-Identifier: MIT */
#ifndef TREE_TARDATA_H
#define TREE_TARDATA_H

#include <stdbool.h>

#include "base/errmsg.h"
#include "tree/tarread.h"

/*
 * tardata_write - write the data of the file that tarread_next found to fd
 *
 * sparse: fd is a new regular file, where holes stay.  Else they are written as
 * zeros.  A signal ends it, as tree/interrupt.h has it.  Returns 0, or -1 and why.
 */
int tardata_write(struct tarread *t, int fd, bool sparse, struct errmsg *why);

#endif
