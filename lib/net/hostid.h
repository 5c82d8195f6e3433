/* SPDX-License-Identifier: MIT */
#ifndef NET_HOSTID_H
#define NET_HOSTID_H

#include <stdint.h>

enum { HOSTID_SIZE = 32 };	/* characters; no zero byte ends them */

/*
 * hostid_machine - the ID of this machine, 32 hexadecimal digits
 *
 * Returns 0, or -1 if /etc/machine-id has none.
 * Source: machine-id(5).
 */
int hostid_machine(char id[HOSTID_SIZE]);

/* hostid_boot - the begin of the ID of this boot, likewise; random(4) */
int hostid_boot(char id[HOSTID_SIZE]);

/*
 * hostid_hash - a number that is this machine's and this purpose's
 *
 * The ID cannot be computed from it, as machine-id(5) demands: it has twice as
 * many bits.
 */
uint64_t hostid_hash(const char id[HOSTID_SIZE], const char *purpose);

#endif
