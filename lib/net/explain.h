/* SPDX-License-Identifier: MIT */
#ifndef NET_EXPLAIN_H
#define NET_EXPLAIN_H

#include "base/errmsg.h"
#include "net/address.h"
#include "net/nl.h"

/*
 * explain - describe the failure of nl_run
 *
 * "address 10.0.0.1 on LINK: " and the kernel's own explanation, or the text
 * of errno if it gives none.  link is the name of the link that the batch
 * changed.  Returns -1 and does not change errno.
 */
int explain(const struct nl *nl, const char *link, struct errmsg *why);

/*
 * explain_subject - the address or route that a message is about
 *
 * "" if it is about the link itself.
 */
enum { EXPLAIN_SUBJECT = 2 * ADDRESS_TEXT + 32 };
void explain_subject(const struct nlmsghdr *h, char *buf, size_t size);

#endif
