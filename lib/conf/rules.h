/* SPDX-License-Identifier: MIT */
#ifndef CONF_RULES_H
#define CONF_RULES_H

#include <stdio.h>

#include "conf/settings.h"

/*
 * rules_print - write the elements that a container has in the nftables table
 *
 * A line each, the name of a set or map and the element in the form of nft(8):
 * its interface in links, its addresses in nat4 and nat6, its ports in forward4
 * and forward6.  A port is forwarded to the first address of each family.
 * Nothing without HOST_PORT and NAT.  s has passed check_settings; ifname is the
 * host's interface of the container.
 * Source: forward_sets() in lib/script/ports.sh.
 */
void rules_print(const struct settings *s, const char *ifname, FILE *out);

#endif
