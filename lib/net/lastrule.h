/* SPDX-License-Identifier: MIT */
#ifndef NET_LASTRULE_H
#define NET_LASTRULE_H

#include <stdint.h>

/*
 * lastrule_drops - does the last rule of a chain drop or reject every packet?
 *
 * fd: of query_open(NETLINK_NETFILTER).  family: NFPROTO_*.  Returns 1, 0, or -1
 * with errno as query_run.  A chain without rules, or that does not exist: 0.
 * Source: nf_tables.h, nf_tables_fill_rule_info of the kernel; iptables-nft has
 * its targets in expressions of nf_tables_compat.h.
 */
int lastrule_drops(int fd, uint8_t family, const char *table,
    const char *chain);

#endif
