/* SPDX-License-Identifier: MIT */
#ifndef CONF_HOLD_H
#define CONF_HOLD_H

#include <stdbool.h>

/* The lock of a container, which nixos-container takes, too. */
struct hold {
	int dir, fd;		/* -1: it is not held */
	bool keep;		/* the caller's: hold_drop leaves the file */
	char file[80];
};

/*
 * hold_take - take the lock of a container, wait_ms at most
 *
 * It is NAME.lock in the directory lock_dir, which is made if it is missing.
 * Returns 0, or -1 with errno ETIMEDOUT or that of mkdir(2), open(2), flock(2).
 * Source: lock() in lib/script/locks.sh.
 */
int hold_take(struct hold *hold, const char *lock_dir, const char *name,
    int wait_ms);

/*
 * hold_drop - remove the file and free the lock
 *
 * On shared storage the file is kept: another machine may see for a while that a
 * removed file still has its name.
 */
void hold_drop(struct hold *hold);

#endif
