/* SPDX-License-Identifier: MIT */
#ifndef TREE_CHECK_H
#define TREE_CHECK_H

#include "base/errmsg.h"

/*
 * check_tree - can a program of the host work in this tree by path?
 *
 * systemd-nspawn makes mounts and device nodes in the tree by path, and
 * follows links there as the host does.  top is a descriptor of the tree.
 * Each place that it touches must be missing, or a directory that host and
 * container find at the same path; a file that it reads must be missing or a
 * regular file.  Nothing is opened but directories.  Returns 0, or -1 and why,
 * which names the path.  The answer holds as long as nobody changes the tree.
 */
int check_tree(int top, struct errmsg *why);

#endif
