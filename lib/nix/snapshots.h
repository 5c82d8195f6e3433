/* SPDX-License-Identifier: MIT */
#ifndef NIX_SNAPSHOTS_H
#define NIX_SNAPSHOTS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/errmsg.h"

/*
 * snapshots_print - list the snapshots of a container, the oldest first
 *
 * Each is a directory in dir, named by its label, with a file "settings", whose time
 * is that of the snapshot, and a link "system" if it has a system.  What has another
 * form, or a name with a dot at its begin, is none.  A line each, or as a JSON array
 * of objects with label, date (UTC) and system (or null).  A missing dir has none.
 * Returns 0, or -1 and why; write errors stay with the stream.
 */
int snapshots_print(const char *dir, bool json, FILE *out, struct errmsg *why);

#endif
