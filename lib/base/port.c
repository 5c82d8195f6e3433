/* SPDX-License-Identifier: MIT */
/* port.c - ports of the host that are forwarded, as people write them */
#include "base/port.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const unsigned char zero[16];

/* number - read a port of n digits */
static int
number(const char *text, size_t n)
{
	char buf[6];

	if (n < 1 || n >= sizeof(buf) || *text == '0')
		return -1;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return (int)num_read(buf, 65535);
}

/* read_range - read PORT[-LAST]; returns what follows, or NULL */
static const char *
read_range(const char *text, int *first, int *last)
{
	size_t n = strspn(text, DIGITS);

	*first = *last = number(text, n);
	text += n;
	if (*text == '-') {
		n = strspn(++text, DIGITS);
		*last = number(text, n);
		text += n;
	}
	if (*first < 0 || *last < *first)
		return NULL;
	return text;
}

/* usable - an address that packets to the host can have */
static bool
usable(const struct port *port)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	const unsigned char *b = port->byte;

	if (port->family == AF_INET6)
		return b[0] != 0xff && memcmp(b, mapped, sizeof(mapped)) != 0;
	return b[0] < 224 && (b[0] != 0 || !memcmp(b, zero, 4));
}

/* read_ip - an address of n characters */
static bool
read_ip(const char *text, size_t n, int family, struct port *port)
{
	char buf[INET6_ADDRSTRLEN];

	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	port->family = family;
	return inet_pton(family, buf, port->byte) == 1 && usable(port);
}

/*
 * read_interface - a name of n characters
 *
 * It has a letter, or it would be a wrong number or IPv4 address.  A wrong
 * protocol is none.
 */
static bool
read_interface(const char *text, size_t n, struct port *port)
{
	static const char *const protocols[] = { "tcp", "udp", "sctp", "dccp",
	    "icmp", "TCP", "UDP", "SCTP", NULL };

	if (n < 1 || n >= IFNAMSIZ)
		return false;
	memcpy(port->interface, text, n);
	port->interface[n] = '\0';
	for (int i = 0; protocols[i]; i++)
		if (!strcmp(port->interface, protocols[i]))
			return false;
	/* Nothing that is special to nft. */
	return strspn(port->interface, LETTERS DIGITS "_.@+-") == n &&
	    strpbrk(port->interface, LETTERS);
}

/* read_address - read [ADDRESS:]; returns what follows, or NULL */
static const char *
read_address(const char *text, struct port *port)
{
	size_t n = strcspn(text, ":");

	if (*text == '[') {
		const char *end = strstr(++text, "]:");

		if (!end || !read_ip(text, (size_t)(end - text), AF_INET6, port))
			return NULL;
		return end + 2;
	}
	/* One number is a port. */
	if (text[n] != ':' || strspn(text, DIGITS "-") == n)
		return text;
	if (strspn(text, DIGITS ".") == n) {
		if (!read_ip(text, n, AF_INET, port))
			return NULL;
	} else if (!read_interface(text, n, port)) {
		return NULL;
	}
	return text + n + 1;
}

/* rule - returns what a port of the right form must be besides, or NULL */
static const char *
rule(const struct port *port, int inner_last)
{
	int n = port->last - port->host;

	if (inner_last - port->inner != n)
		return "as many ports of the host as of the container";
	if (port->inner != port->host && n >= PORT_SHIFTED)
		return "at most 1000 ports, or the same ones in the container";
	if (port_loopback(port) && (port->udp || n > 0))
		return "a single TCP port at a loopback address";
	return NULL;
}

int
port_parse(const char *text, struct port *port, const char **expected)
{
	int inner_last;

	memset(port, 0, sizeof(*port));
	*expected = PORT_FORM;
	port->udp = !strncmp(text, "udp:", 4);
	if (port->udp || !strncmp(text, "tcp:", 4))
		text += 4;
	text = read_address(text, port);
	if (text)
		text = read_range(text, &port->host, &port->last);
	port->inner = port->host;
	inner_last = port->last;
	if (text && *text == ':')
		text = read_range(text + 1, &port->inner, &inner_last);
	if (!text || *text)
		return -1;
	*expected = rule(port, inner_last);
	if (*expected)
		return -1;
	return 0;
}

const char *
port_protocol(const struct port *port)
{
	return port->udp ? "udp" : "tcp";
}

bool
port_loopback(const struct port *port)
{
	static const unsigned char loopback6[16] = { [15] = 1 };

	if (port->family == AF_INET6)
		return !memcmp(port->byte, loopback6, sizeof(loopback6));
	return port->family == AF_INET && port->byte[0] == 127;
}

bool
port_any(const struct port *port)
{
	return !port->interface[0] && !memcmp(port->byte, zero, sizeof(zero));
}

bool
port_served(const struct port *port)
{
	return !port->udp && port->host == port->last &&
	    (port_any(port) || port_loopback(port));
}

bool
port_has(const struct port *port, int family, const void *byte)
{
	size_t size = family == AF_INET ? 4 : 16;

	if (port->family == AF_UNSPEC)
		return true;
	return port->family == family &&
	    (port_any(port) || !memcmp(port->byte, byte, size));
}

bool
port_overlap(const struct port *a, const struct port *b)
{
	if (a->udp != b->udp || a->last < b->host || b->last < a->host)
		return false;
	if (a->interface[0] && b->interface[0])
		return !strcmp(a->interface, b->interface);
	if (a->family == AF_UNSPEC || b->family == AF_UNSPEC)
		return true;
	if (a->family != b->family)
		return false;
	return port_any(a) || port_has(b, a->family, a->byte);
}

void
port_at(const struct port *port, char text[PORT_AT])
{
	*text = '\0';
	if (port->interface[0])
		strcpy(text, port->interface);
	else if (port->family != AF_UNSPEC)
		inet_ntop(port->family, port->byte, text, PORT_AT);
}

void
port_text(const struct port *port, char text[PORT_TEXT])
{
	char at[PORT_AT], last[sizeof("-65535")] = "";
	int n;

	port_at(port, at);
	if (port->family == AF_INET6)
		n = snprintf(text, PORT_TEXT, "[%s]:%d", at, port->host);
	else if (*at)
		n = snprintf(text, PORT_TEXT, "%s:%d", at, port->host);
	else
		n = snprintf(text, PORT_TEXT, "%d", port->host);
	if (port->last != port->host)
		snprintf(last, sizeof(last), "-%d", port->last);
	snprintf(text + n, PORT_TEXT - (size_t)n, "%s", last);
}
