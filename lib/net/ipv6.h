/* SPDX-License-Identifier: MIT */
#ifndef NET_IPV6_H
#define NET_IPV6_H

#include <stdbool.h>

/* ipv6_enabled - can new links of this network namespace have IPv6 addresses? */
bool ipv6_enabled(void);

/*
 * ipv6_unique_local - derive the unique local network of this machine, a /64
 *
 * Its 40 bits follow from the ID of the machine, so that those of two machines
 * differ, and that of one machine stays.  The rest of net is zero.  Returns 0, or
 * -1 if the machine has no ID.
 * Source: RFC 4193, section 3.2.2.
 */
int ipv6_unique_local(unsigned char net[16]);

#endif
