/* SPDX-License-Identifier: MIT */
#ifndef NET_NIC_H
#define NET_NIC_H

#include <net/if.h>
#include <stdbool.h>

#include "base/errmsg.h"
#include "net/link.h"
#include "net/place.h"

#define NIC_DIR "/run/mkveth"

enum { NIC_MAX = 32 };

/* A host interface moved into a container, or used by one. */
struct nic {
	bool move;		/* move the interface itself */
	char from[IFNAMSIZ];	/* its name on the host */
	struct link_child child;	/* else: create this on top of it */
};

/*
 * The interfaces that a container has got.  They are recorded in a file of
 * NIC_DIR with the name of the container, because nothing in the container's
 * namespace can be trusted.
 */
struct nic_list {
	int n;
	bool file;		/* the file exists */
	struct nic_record {
		bool moved;	/* else created */
		int index;	/* in the container, or 0: not known yet */
		char name[IFNAMSIZ];
		char kind[LINK_KIND];
	} record[NIC_MAX];
};

/* nic_name - the name of the interface in the container */
const char *nic_name(const struct nic *nic);

/*
 * nic_load - read the records of a container; without a file n is 0
 *
 * This and the functions below return 0, or -1 with errno and why.  EBADMSG:
 * mkveth did not write the file.
 */
int nic_load(const char *name, struct nic_list *list, struct errmsg *why);

/*
 * nic_add - move or create an interface, and record it in list and file
 *
 * Does nothing if the container has it, or with at->verify, but to say so.  The record is written first, so that
 * nic_remove finds the interface if mkveth is killed.
 */
int nic_add(const struct place *at, const struct nic *nic,
    struct nic_list *list, struct errmsg *why);

/*
 * nic_remove - move interfaces back to the host, or delete them
 *
 * All in list but the first keep, last first; then the file is rewritten.
 * Interfaces that do not exist any more are skipped.
 */
int nic_remove(const struct place *at, struct nic_list *list, int keep,
    struct errmsg *why);

#endif
