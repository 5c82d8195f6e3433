/* SPDX-License-Identifier: MIT */
/* port.c - forwarded ports in settings */
#include "conf/port.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

/* number - a port of n digits */
static int
number(const char *text, size_t n)
{
	char buf[6];

	if (n >= sizeof(buf) || *text == '0')
		return -1;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return (int)num_read(buf, 65535);
}

int
port_parse(const char *text, struct port *port)
{
	size_t n;

	port->udp = !strncmp(text, "udp:", 4);
	if (port->udp || !strncmp(text, "tcp:", 4))
		text += 4;
	n = strcspn(text, ":");
	port->host = port->inner = number(text, n);
	if (text[n] == ':')
		port->inner = number(text + n + 1, strlen(text + n + 1));
	if (port->host < 0 || port->inner < 0)
		return -1;
	return 0;
}

const char *
port_protocol(const struct port *port)
{
	return port->udp ? "udp" : "tcp";
}
