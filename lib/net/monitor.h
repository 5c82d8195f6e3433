/* SPDX-License-Identifier: MIT */
#ifndef NET_MONITOR_H
#define NET_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/errmsg.h"

enum { MONITOR_TABLES = 8 };

/* What to wait for in the current network namespace. */
struct monitor {
	struct monitor_table {
		uint8_t family;		/* NFPROTO_* */
		const char *name;	/* the caller's */
	} table[MONITOR_TABLES];	/* that one of these is deleted */
	int tables;
	bool forwarding;	/* that IPv4 or IPv6 is no longer forwarded */
	int nft, route;		/* sockets, or -1 */
};

/*
 * monitor_table - add a table, "FAMILY:NAME" with a family of nft(8)
 *
 * The text is the caller's and stays in use.  Returns 0, or -1 and why.
 */
int monitor_table(struct monitor *m, const char *text, struct errmsg *why);

/*
 * monitor_open - note what happens from now on
 *
 * Returns 0, or -1 with errno and why; EPERM without CAP_NET_ADMIN.  The sockets
 * are closed by exec.
 * Source: netlink(7), nfnetlink.h, RTNLGRP_IPV4_NETCONF in rtnetlink.h.
 */
int monitor_open(struct monitor *m, struct errmsg *why);

/*
 * monitor_wait - wait until something of that has happened since the last call
 *
 * It also returns if the kernel had to drop messages, so something may have
 * happened.  Returns 0, or -1 with the errno of poll(2) or recv(2).
 */
int monitor_wait(struct monitor *m);

#endif
