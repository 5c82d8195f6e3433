/* SPDX-License-Identifier: MIT */
#ifndef TREE_TRANSFER_H
#define TREE_TRANSFER_H

#include <stdbool.h>

#include "base/errmsg.h"
#include "tree/copy.h"

/* A copy into a container's tree or out of it; begins with all zero. */
struct transfer {
	bool backup;		/* put: keep the file that is replaced */
	bool tar;		/* what is copied is a tar */
	const char *user;	/* put: owner in the container, or NULL */
	const char *name;	/* put: of the copy, or NULL */
	bool plain;		/* get: for others to read, without odd files */
	bool limited;		/* get: by this */
	struct copy_limit limit;
	/* what is to be warned of */
	unsigned long skipped;	/* devices, FIFOs and sockets */
	unsigned long lost;	/* attributes */
};

/*
 * All return 0, or the exit status and why, which may have control characters.
 *
 * The path in a tree is resolved as in the container.  FILE may be "-", and what names
 * an open descriptor.
 */

/* transfer_put - copy FILE of the host to path in the tree root */
int transfer_put(struct transfer *t, const char *root, const char *file,
    const char *path, struct errmsg *why);

/* transfer_get - copy path in the tree root to FILE of the host */
int transfer_get(struct transfer *t, const char *root, const char *path,
    const char *file, struct errmsg *why);

/*
 * transfer_send - run a command with a tar of FILE as its standard input
 *
 * If FILE is no file or directory, it is the standard input itself.  confine: called
 * once the command runs, which keeps all rights.  If the command
 * fails, the status is its own, without words, or 1 in place of 3 to 127; 128 + signal
 * after one.
 */
int transfer_send(struct transfer *t, const char *file, char *const command[],
    void (*confine)(void), struct errmsg *why);

/*
 * transfer_receive - run a command, and copy the tar that it writes to FILE
 *
 * As transfer_get does with path.  The tar is not trusted.  If FILE is an open
 * descriptor, it is the standard output of the command.  The rest as above.
 */
int transfer_receive(struct transfer *t, const char *path, const char *file,
    char *const command[], void (*confine)(void), struct errmsg *why);

#endif
