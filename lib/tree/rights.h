/* SPDX-License-Identifier: MIT */
#ifndef TREE_RIGHTS_H
#define TREE_RIGHTS_H

/* What is done in a tree, by the capabilities that it needs. */
enum rights {
	RIGHTS_FILES,		/* the tree may belong to others, and have any mode */
	RIGHTS_REMOVE,		/* the same, and immutable flags to clear, if it can */
	RIGHTS_MOUNTS,
	RIGHTS_CLOSURE,
	RIGHTS_JAIL,
};

/*
 * rights_keep - keep these capabilities and drop all others
 *
 * Returns 0, or -1 with errno as privilege_only, with *missing.
 */
int rights_keep(enum rights what, const char **missing);

#endif
