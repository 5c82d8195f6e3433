/* SPDX-License-Identifier: MIT */
#ifndef NET_NICSTATE_H
#define NET_NICSTATE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/nl.h"

/* Altnames alone may take 64 KiB. */
enum { NICSTATE_MAX = 1 << 17 };

/* What the kernel reported about an interface: one RTM_NEWLINK message. */
struct nicstate {
	size_t len;		/* 0: nothing */
	_Alignas(8) char message[NICSTATE_MAX];
};

/*
 * These functions return 0, or -1 with errno.
 *
 * nicstate_read - read the state of an interface; ENODEV: it does not exist
 */
int nicstate_read(struct nl *nl, int index, struct nicstate *state);

/*
 * nicstate_save - write it to a file; nicstate_load - read it from there
 *
 * A file that does not exist, or is incomplete, gives the length 0.
 */
int nicstate_save(const char *path, const struct nicstate *state);
int nicstate_load(const char *path, struct nicstate *state);

/*
 * nicstate_strip - take from an interface what its state was not
 *
 * Altnames, alias, group, MAC and broadcast address, MTU, queue length and flags.
 * It is down then; errors are ignored.
 * nicstate_restore does the same, gives back the altnames that it had, and
 * brings it up if it was up.  EEXIST of an altname is ignored.
 */
void nicstate_strip(struct nl *nl, int index, const struct nicstate *was);
int nicstate_restore(struct nl *nl, int index, const struct nicstate *was);

/*
 * nicstate_find - find a physical device, under whatever name
 *
 * By its permanent MAC address and its parent device, which no container can
 * change.  *index is 0 if there is none, or was tells neither.
 */
int nicstate_find(struct nl *nl, const struct nicstate *was, int *index);

#endif
