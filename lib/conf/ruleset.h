/* SPDX-License-Identifier: MIT */
#ifndef CONF_RULESET_H
#define CONF_RULESET_H

#include <stdbool.h>
#include <stdio.h>

/* ruleset_is_element - is this line of rules_print an element of nftables? */
bool ruleset_is_element(const char *line);

/*
 * ruleset_commands - write commands for nft that load or unload elements
 *
 * in has lines of rules_print.  An element that is to go is added first: so the
 * commands succeed even if it, or its whole table, is gone.  It is written once,
 * even if in has it twice.  Other lines, such as a last one without an end, are
 * no elements and ignored.  Returns 0, or -1 with errno: that of a read, or
 * ENOMEM.  The caller checks out.
 * Source: nft(8).
 */
int ruleset_commands(FILE *in, bool unload, FILE *out);

#endif
