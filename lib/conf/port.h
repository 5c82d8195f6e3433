/* SPDX-License-Identifier: MIT */
#ifndef CONF_PORT_H
#define CONF_PORT_H

#include <stdbool.h>

/* A port of the host that is forwarded to a port of the container. */
struct port {
	bool udp;
	int host, inner;
};

/* port_parse - read [tcp:|udp:]HOSTPORT[:PORT]; returns 0, or -1 */
int port_parse(const char *text, struct port *port);

/* port_protocol - "udp" or "tcp" */
const char *port_protocol(const struct port *port);

#endif
