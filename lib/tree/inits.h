/* SPDX-License-Identifier: MIT */
#ifndef TREE_INITS_H
#define TREE_INITS_H

/*
 * inits_first - what systemd-nspawn --boot would execute in the tree
 *
 * Returns its path in static storage, or NULL: there is none.
 */
const char *inits_first(int top);

#endif
