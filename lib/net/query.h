/* SPDX-License-Identifier: MIT */
#ifndef NET_QUERY_H
#define NET_QUERY_H

#include <libmnl/libmnl.h>

enum { QUERY_TX = 512 };	/* bytes of a request that is large enough */

/*
 * query_open - open a socket of a netlink protocol other than rtnetlink
 *
 * It only receives from the kernel.  Returns an O_CLOEXEC descriptor that the
 * caller owns, or -1 with errno.
 */
int query_open(int protocol);

/*
 * query_listen - open a socket that gets what the kernel says to n groups
 *
 * It does not block.  Anyone privileged in the namespace can send to these groups,
 * too.  Returns an O_CLOEXEC descriptor that the caller owns, or -1 with errno.
 * Source: netlink(7).
 */
int query_listen(int protocol, const int *group, int n);

/*
 * query_run - send a request, and pass each message of the answer to each
 *
 * The request has NLM_F_DUMP or NLM_F_ACK, which end the answer.  Its sequence
 * number is set.  Returns 0, or -1 with errno: the kernel's, or EINTR (a dump
 * was interrupted by a change; repeat it).
 * Source: netlink(7).
 */
int query_run(int fd, struct nlmsghdr *request, mnl_cb_t each, void *arg);

#endif
