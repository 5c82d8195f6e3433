/* SPDX-License-Identifier: MIT */
#ifndef RTWHY_H
#define RTWHY_H

#include "nl.h"
#include "why.h"

/*
 * rtwhy - tell what nl_run could not do
 *
 * "address 10.0.0.1 on LINK: " and the kernel's own explanation, or the text
 * of errno where it gives none.  link is the name of the link that the batch
 * was about.  Returns -1 and leaves errno as it was.
 */
int rtwhy(const struct nl *nl, const char *link, struct why *why);

#endif
