/* SPDX-License-Identifier: MIT */
#ifndef TREE_UNMOUNT_H
#define TREE_UNMOUNT_H

#include "base/errmsg.h"

/*
 * unmount_below - unmount all that is mounted below a directory
 *
 * top is a descriptor of a tree that belongs to somebody else, who may change it
 * meanwhile: no link is followed, and nothing outside of it is unmounted.
 * Nothing mounted there is no error.  Changes the working directory.  Returns
 * 0, or -1 and why, which names the path ("busy").
 * Source: umount2(2).
 */
int unmount_below(int top, struct errmsg *why);

#endif
