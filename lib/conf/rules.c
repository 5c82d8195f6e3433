/* SPDX-License-Identifier: MIT */
/* rules.c - source addresses, forwarded ports and NAT as elements of nftables */
#include "conf/rules.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/port.h"
#include "conf/allow.h"
#include "conf/extra.h"
#include "conf/ip.h"
#include "conf/word.h"

/* A link of the container, one end of which is on a bridge of the host. */
struct port_link {
	const char *host;	/* interface on the host */
	const char *bridge;
	FILE *out;
	bool fixed[2];		/* an address was printed, IPv4 and IPv6 */
};

static void
print_ip(const struct port_link *link, int version, const void *byte)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(version == 6 ? AF_INET6 : AF_INET, byte, text, sizeof(text));
	fprintf(link->out, "portip%d \"%s\" . %s\n", version, link->host, text);
	if (version == 4)
		return;
	/* nft cannot name that field of a packet, so it is a number. */
	fprintf(link->out, "portnd6 \"%s\" . 0x", link->host);
	for (int i = 0; i < 16; i++)
		fprintf(link->out, "%02x", ((const uint8_t *)byte)[i]);
	putc('\n', link->out);
}

/* print_near - packets with this address that the bridge hands to the host */
static void
print_near(const struct port_link *link, int version, const void *byte)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(version == 6 ? AF_INET6 : AF_INET, byte, text, sizeof(text));
	fprintf(link->out, "near%d \"%s\" . %s\n", version, link->bridge, text);
}

/* add_address - allow an address; that of a family is the first: no others */
static void
add_address(struct port_link *link, const char *word)
{
	int version = strchr(word, ':') ? 6 : 4;
	bool *fixed = &link->fixed[version == 6];
	struct ip ip;

	if (ip_parse(word, version == 6 ? AF_INET6 : AF_INET, &ip) < 0)
		return;
	if (!*fixed)
		fprintf(link->out, "portfix%d \"%s\"\n", version, link->host);
	*fixed = true;
	print_ip(link, version, ip.byte);
	print_near(link, version, ip.byte);
}

static void
add_addresses(struct port_link *link, const char *list)
{
	char word[WORD_SIZE];

	while (list && word_item(&list, word) == 1)
		add_address(link, word);
}

/* print_mac - the MAC address, and the link-local address made of it */
static void
print_mac(const struct port_link *link, const uint8_t mac[6])
{
	const uint8_t local[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2,
	    mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };

	fprintf(link->out, "bridged \"%s\"\nport \"%s\"\n"
	    "portmac \"%s\" . %02x:%02x:%02x:%02x:%02x:%02x\n", link->host,
	    link->host, link->host, mac[0], mac[1], mac[2], mac[3], mac[4],
	    mac[5]);
	if (link->fixed[1])
		print_ip(link, 6, local);
}

/* end_port - the rest of a link on a bridge; text: its MAC address, or NULL */
static void
end_port(const struct port_link *link, const struct rules_links *links,
    const char *interface, const char *text)
{
	uint8_t mac[6];

	/* The settings have passed a check: six times two digits. */
	for (int i = 0; text && i < 6; i++)
		mac[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	if (text || links->mac(links->name, interface, mac) == 0)
		print_mac(link, mac);
}

/* print_routed - a link that is on no bridge; for nft the two have other types */
static void
print_routed(const char *ifname, FILE *out)
{
	fprintf(out, "links \"%s\"\nrouted \"%s\"\n", ifname, ifname);
}

/* print_own - the link of the container's own pair */
static void
print_own(const struct settings *s, const struct rules_links *links, FILE *out)
{
	struct port_link link = { .host = links->ifname,
	    .bridge = s->value[KEY_HOST_BRIDGE], .out = out };

	if (!settings_on(s, KEY_PRIVATE_NETWORK))
		return;
	if (!link.bridge) {
		print_routed(links->ifname, out);
		return;
	}
	add_addresses(&link, s->value[KEY_LOCAL_ADDRESS]);
	add_addresses(&link, s->value[KEY_LOCAL_ADDRESS6]);
	end_port(&link, links, "eth0", s->value[KEY_LOCAL_MAC_ADDRESS]);
}

/* print_extra - the link of a further pair */
static void
print_extra(const struct rules_links *links, const char *word, FILE *out)
{
	char bridge[EXTRA_SIZE];
	struct port_link link = { .bridge = bridge, .out = out };
	const char *mac = NULL;
	struct extra e;

	if (extra_begin(&e, word) < 0)
		return;
	link.host = e.name;
	if (!extra_find(word, "bridge", bridge)) {
		print_routed(e.name, out);
		return;
	}
	while (extra_next(&e)) {
		if (!strcmp(e.key, "local"))
			add_address(&link, e.value);
		if (!strcmp(e.key, "mac"))
			mac = e.value;
	}
	end_port(&link, links, e.name, mac);
}

/*
 * print_allowed - who reaches its links
 *
 * None is on a bridge: with ALLOW_FROM, check_settings refuses that.
 */
static void
print_allowed(const struct settings *s, const struct rules_links *links,
    FILE *out)
{
	static struct extra pair[EXTRA_PAIRS];
	const char *ifname[1 + EXTRA_PAIRS] = { links->ifname };
	struct allow_links to = { 1, ifname, links->link };
	const char *rest = s->value[KEY_EXTRA_VETHS];
	char word[WORD_SIZE];

	while (to.n <= EXTRA_PAIRS && rest && word_next(&rest, word) == 1)
		if (extra_begin(&pair[to.n - 1], word) == 0) {
			ifname[to.n] = pair[to.n - 1].name;
			to.n++;
		}
	allow_print(s->value[KEY_ALLOW_FROM], &to, out);
}

/* An address of the container, and the interface that its packets come from. */
struct end {
	int version;
	const char *via;
	char address[WORD_SIZE];
};

/*
 * print_port - the elements of a port
 *
 * A range of equal numbers is one interval, as NAT to an address alone keeps
 * the port; nft cannot add to it, so of others each port is an element.
 */
static void
print_port(const struct port *port, const struct end *end, FILE *out)
{
	char key[PORT_AT + sizeof("\"\" . ")] = "", at[PORT_AT];
	const char *set = "", *between = "";

	port_at(port, at);
	if (port->interface[0]) {
		set = "_by";
		snprintf(key, sizeof(key), "\"%s\" . ", at);
	} else if (!port_any(port)) {
		set = "_at";
		snprintf(key, sizeof(key), "%s . ", at);
	}
	if (port->last != port->host && port->inner == port->host) {
		fprintf(out, "forward%d_range%s %s%s . %d-%d : %s\n",
		    end->version, set, key, port_protocol(port), port->host,
		    port->last, end->address);
		return;
	}
	fprintf(out, "forward%d%s ", end->version, set);
	for (int i = 0; i <= port->last - port->host; i++, between = ", ")
		fprintf(out, "%s%s%s . %d : %s . %d", between, key,
		    port_protocol(port), port->host + i, end->address,
		    port->inner + i);
	putc('\n', out);
}

/* next_port - read the next port of the settings */
static bool
next_port(const char **rest, struct port *port)
{
	char word[WORD_SIZE];
	const char *expected;

	return *rest && word_item(rest, word) == 1 &&
	    port_parse(word, port, &expected) == 0;
}

static void
print_ports(const struct settings *s, const struct end *end, FILE *out)
{
	int other = end->version == 6 ? AF_INET : AF_INET6;
	const char *rest = s->value[KEY_HOST_PORT];
	bool any = false;
	struct port port;

	while (next_port(&rest, &port)) {
		if (port.family == other || port_loopback(&port))
			continue;
		print_port(&port, end, out);
		any = true;
	}
	if (any)
		fprintf(out, "hairpin%d \"%s\" . \"%s\" . %s\n",
		    end->version, end->via, end->via, end->address);
}

/* first_address - returns whether there is one; without its prefix */
static bool
first_address(const char *list, char word[WORD_SIZE])
{
	if (!list || word_item(&list, word) != 1)
		return false;
	word[strcspn(word, "/")] = '\0';
	return true;
}

/* print_family - NAT for each address, forwarded ports to the first one */
static void
print_family(const struct settings *s, int version, const char *addresses,
    const char *via, FILE *out)
{
	struct end end = { .version = version, .via = via };
	const char *rest = addresses;
	char word[WORD_SIZE];

	while (settings_on(s, KEY_NAT) && rest && word_item(&rest, word) == 1) {
		int n = (int)strcspn(word, "/");

		fprintf(out, "nat%d %.*s\nvia%d \"%s\" . %.*s\n", version, n,
		    word, version, via, n, word);
	}
	if (first_address(addresses, end.address))
		print_ports(s, &end, out);
}

/* print_local - a port that a program serves on loopback */
static void
print_local(const struct port *port, const char *to, FILE *out)
{
	const char *hyphen = "-";
	char at[PORT_AT];

	port_at(port, at);
	if (!*at)
		hyphen = "";
	fprintf(out, "local tcp-%s%s%d %s:%d", at, hyphen, port->host, to,
	    port->inner);
	if (port_any(port) && port->family != AF_INET6)
		fprintf(out, " 127.0.0.1:%d", port->host);
	if (port_any(port) && port->family != AF_INET)
		fprintf(out, " [::1]:%d", port->host);
	if (!port_any(port)) {
		char text[PORT_TEXT];

		port_text(port, text);
		fprintf(out, " %s", text);
	}
	putc('\n', out);
}

/* print_claims - each port, and what is served on loopback if the host may connect */
static void
print_claims(const struct settings *s, FILE *out)
{
	bool host = allow_host(s->value[KEY_ALLOW_FROM]);
	const char *rest = s->value[KEY_HOST_PORT];
	char to[WORD_SIZE], text[PORT_TEXT];
	struct port port;

	if (!first_address(s->value[KEY_LOCAL_ADDRESS], to) &&
	    !first_address(s->value[KEY_LOCAL_ADDRESS6], to))
		return;
	while (next_port(&rest, &port)) {
		port_text(&port, text);
		fprintf(out, "claim %s:%s\n", port_protocol(&port), text);
		if (host && port_served(&port))
			print_local(&port, to, out);
	}
}

/* print_address - without its prefix */
static void
print_address(const char *word, FILE *out)
{
	fprintf(out, "address %.*s\n", (int)strcspn(word, "/"), word);
}

static void
print_addresses(const char *list, FILE *out)
{
	char word[WORD_SIZE];

	while (list && word_item(&list, word) == 1)
		print_address(word, out);
}

/* print_extra_addresses - those of a further pair */
static void
print_extra_addresses(const char *word, FILE *out)
{
	struct extra e;

	if (extra_begin(&e, word) < 0)
		return;
	while (extra_next(&e))
		if (!strcmp(e.key, "local"))
			print_address(e.value, out);
}

void
rules_print(const struct settings *s, const struct rules_links *links,
    FILE *out)
{
	const char *rest = s->value[KEY_EXTRA_VETHS];
	const char *via = s->value[KEY_HOST_BRIDGE];
	char word[WORD_SIZE];

	print_own(s, links, out);
	while (rest && word_next(&rest, word) == 1)
		print_extra(links, word, out);
	print_allowed(s, links, out);
	if (!via)
		via = links->ifname;
	print_family(s, 4, s->value[KEY_LOCAL_ADDRESS], via, out);
	print_family(s, 6, s->value[KEY_LOCAL_ADDRESS6], via, out);
	print_claims(s, out);
	print_addresses(s->value[KEY_LOCAL_ADDRESS], out);
	print_addresses(s->value[KEY_LOCAL_ADDRESS6], out);
	rest = s->value[KEY_EXTRA_VETHS];
	while (rest && word_next(&rest, word) == 1)
		print_extra_addresses(word, out);
}
