/* SPDX-License-Identifier: MIT */
/* rules.c - source addresses, forwarded ports and NAT as elements of nftables */
#include "conf/rules.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "conf/extra.h"
#include "conf/ip.h"
#include "conf/port.h"
#include "conf/word.h"

/* A link of the container, one end of which is on a bridge of the host. */
struct port_link {
	const char *host;	/* interface on the host */
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
	struct port_link link = { .host = links->ifname, .out = out };

	if (!settings_on(s, KEY_PRIVATE_NETWORK))
		return;
	if (!s->value[KEY_HOST_BRIDGE]) {
		print_routed(links->ifname, out);
		return;
	}
	add_addresses(&link, s->value[KEY_LOCAL_ADDRESS]);
	add_addresses(&link, s->value[KEY_LOCAL_ADDRESS6]);
	end_port(&link, links, "eth0", s->value[KEY_LOCAL_MAC_ADDRESS]);
}

/* has_key - has a further pair this key? */
static bool
has_key(const char *word, const char *key)
{
	struct extra e;

	if (extra_begin(&e, word) < 0)
		return false;
	while (extra_next(&e))
		if (!strcmp(e.key, key))
			return true;
	return false;
}

/* print_extra - the link of a further pair */
static void
print_extra(const struct rules_links *links, const char *word, FILE *out)
{
	struct port_link link = { .out = out };
	const char *mac = NULL;
	struct extra e;

	if (extra_begin(&e, word) < 0)
		return;
	link.host = e.name;
	if (!has_key(word, "bridge")) {
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

static void
print_ports(const struct settings *s, int version, const char *address,
    FILE *out)
{
	const char *rest = s->value[KEY_HOST_PORT];
	char word[WORD_SIZE];
	struct port port;

	while (rest && word_item(&rest, word) == 1)
		if (port_parse(word, &port) == 0)
			fprintf(out, "forward%d %s . %d : %s . %d\n", version,
			    port_protocol(&port), port.host, address,
			    port.inner);
}

/* print_family - NAT for each address, forwarded ports to the first one */
static void
print_family(const struct settings *s, int version, const char *addresses,
    const char *via, FILE *out)
{
	const char *rest = addresses;
	char word[WORD_SIZE];

	while (settings_on(s, KEY_NAT) && rest && word_item(&rest, word) == 1) {
		int n = (int)strcspn(word, "/");

		fprintf(out, "nat%d %.*s\nvia%d \"%s\" . %.*s\n", version, n,
		    word, version, via, n, word);
	}
	rest = addresses;
	if (!rest || word_item(&rest, word) != 1)
		return;
	word[strcspn(word, "/")] = '\0';
	print_ports(s, version, word, out);
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
	if (!via)
		via = links->ifname;
	print_family(s, 4, s->value[KEY_LOCAL_ADDRESS], via, out);
	print_family(s, 6, s->value[KEY_LOCAL_ADDRESS6], via, out);
}
