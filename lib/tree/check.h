/* SPDX-License-Identifier: MIT */
#ifndef TREE_CHECK_H
#define TREE_CHECK_H

#include "base/errmsg.h"

/*
 * check_tree - can a program of the host work in this tree by path?
 *
 * systemd-nspawn makes mounts and device nodes in the tree by path, and
 * follows links there as the host does.  top is a descriptor of the tree.
 * Each place that it touches must be missing, or a directory, or a link to one
 * that stays in the tree for the host, too.  etc/machine-id, which it reads by
 * path, must be missing or a regular file, or a link that leads to such a file
 * in the tree, or nowhere, in the tree and on the host.  An os-release, which
 * it resolves as in the container, must not be another kind of file.  No link
 * is followed out of the tree, no automount of the host is triggered, and
 * nothing is opened but with O_PATH.  Returns 0, or -1 and why, which names the
 * path.  The answer holds as long as nobody changes the tree.
 */
int check_tree(int top, struct errmsg *why);

#endif
