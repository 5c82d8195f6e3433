/* SPDX-License-Identifier: MIT */
#ifndef NET_SERVED_H
#define NET_SERVED_H

#include "base/port.h"

/*
 * served_find - find a socket in this network namespace that a port conflicts with
 *
 * It listens (TCP) or is unconnected (UDP) at all addresses, or at the very
 * address of the port.  A range of UDP is not looked at: any client has such a
 * socket for a while.  Returns the first port found, 0 if there is none or the
 * kernel cannot tell, or -1 with errno.
 * Source: sock_diag(7).
 */
int served_find(const struct port *port);

#endif
