/* SPDX-License-Identifier: MIT */
#ifndef NET_ADDRESSING_H
#define NET_ADDRESSING_H

#include "net/veth.h"

/*
 * addressing_read - read inner, and what mkveth has set on a pair
 *
 * Addresses and routes without our mark were set by others and are ignored.
 * found->host is known already.  Returns 0, or -1 with errno and why.
 */
int addressing_read(const struct place *at, const struct veth_wanted *want,
    struct veth_found *found, struct errmsg *why);

/*
 * addressing_set - bring lo and both ends up, and set them to want->set
 *
 * If the pair existed, found->set is what addressing_read reported: what is
 * not wanted any more is removed, and on failure the old state is restored.  A
 * pair just created is left for its removal.  Returns 0, or -1 with errno and
 * why.
 */
int addressing_set(const struct place *at, const struct veth_wanted *want,
    const struct veth_found *found, struct errmsg *why);

/*
 * addressing_list - list the lasting addresses of a link; ours: only our own
 *
 * If link is not NULL, it is read too.  Returns 0, or -1 with the errno of
 * nl_run.
 */
int addressing_list(struct nl *nl, int index, struct link *link,
    struct address_list *list, bool ours);

#endif
