/* SPDX-License-Identifier: MIT */
#ifndef NET_EXPLAIN_H
#define NET_EXPLAIN_H

#include "net/nl.h"
#include "base/errmsg.h"

/*
 * explain - tell what nl_run could not do
 *
 * "address 10.0.0.1 on LINK: " and the kernel's own explanation, or the text
 * of errno where it gives none.  link is the name of the link that the batch
 * was about.  Returns -1 and leaves errno as it was.
 */
int explain(const struct nl *nl, const char *link, struct errmsg *why);

#endif
