/* SPDX-License-Identifier: MIT */
#ifndef CONF_WAY_H
#define CONF_WAY_H

#include <stdbool.h>

/*
 * way_enters - does a path go through a directory of the host?
 *
 * By ".." and by links, too: a link on the way may lead there and out again.  A path
 * below /proc, or one with too many links or too long, counts.  So a path that does
 * not enter the trees of containers is none of theirs to change.
 */
bool way_enters(const char *path, const char *dir);

#endif
