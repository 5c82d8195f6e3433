/* SPDX-License-Identifier: MIT */
#ifndef BASE_PORT_H
#define BASE_PORT_H

#include <net/if.h>
#include <stdbool.h>

#define PORT_FORM "[tcp:|udp:][ADDRESS:]HOST[-LAST][:INNER[-LAST]]"

enum {
	PORT_SHIFTED = 1000,	/* ports in a range with other numbers inside */
	PORT_AT = 48,		/* bytes of an address or interface */
	PORT_TEXT = 72,		/* the same in brackets, and two ports */
};

/* Ports of the host that are forwarded to as many of the container. */
struct port {
	bool udp;
	int host, last;		/* the same for a single port */
	int inner;		/* of the container, for the first one */
	/*
	 * Of what address: of all (AF_UNSPEC), of all in a family (byte is
	 * zero), of this one, or of those of an interface.
	 */
	int family;
	unsigned char byte[16];	/* in network order; IPv4 has 4 */
	char interface[IFNAMSIZ];	/* "" if it is none */
};

/*
 * port_parse - read PORT_FORM
 *
 * ADDRESS is an IPv4 address, an IPv6 address in brackets, or the name of an
 * interface.  On loopback, only a single TCP port.  Returns 0, or -1 and what
 * was expected, a constant text.
 */
int port_parse(const char *text, struct port *port, const char **expected);

/* port_protocol - "udp" or "tcp" */
const char *port_protocol(const struct port *port);

/* port_loopback - is its address one of the loopback interface? */
bool port_loopback(const struct port *port);

/* port_any - has it no address, or that of a whole family? */
bool port_any(const struct port *port);

/* port_served - does a program of the host serve it on loopback? */
bool port_served(const struct port *port);

/* port_has - does it have ports of this address? of an interface: of all */
bool port_has(const struct port *port, int family, const void *byte);

/*
 * port_overlap - have both a port of the same protocol and address?
 *
 * The addresses of an interface are unknown, so it overlaps with each address.
 */
bool port_overlap(const struct port *a, const struct port *b);

/* port_at - write its address, without brackets, or interface, or "" */
void port_at(const struct port *port, char text[PORT_AT]);

/* port_text - write it without the protocol and the ports of the container */
void port_text(const struct port *port, char text[PORT_TEXT]);

#endif
