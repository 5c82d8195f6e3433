/* SPDX-License-Identifier: MIT */
/* allow.c - who may connect to a container, in words and as elements of nftables */
#include "conf/allow.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "conf/word.h"

/* The words of their own meaning, and the sets of nftables for them. */
static const struct {
	const char *word, *set;
} words[] = {
	[ALLOW_ANY] = { "any", "from_any" },
	[ALLOW_CONTAINERS] = { "containers", "from_containers" },
	[ALLOW_HOST] = { "host", "from_host" },
	[ALLOW_LAN] = { "lan", "from_lan" },
	[ALLOW_NONE] = { "none", NULL },
	[ALLOW_PORTS] = { "ports", "from_ports" },
};

/* edge - the first address of a network, or the last */
static void
edge(const struct ip *ip, bool last, unsigned char byte[16])
{
	for (int i = 0; i < ip_bits(ip->family) / 8; i++) {
		int bits = ip->prefix - 8 * i;
		unsigned char behind = 0;

		if (bits <= 0)
			behind = 0xff;
		else if (bits < 8)
			behind = (unsigned char)(0xff >> bits);
		byte[i] = (unsigned char)(ip->byte[i] & ~behind);
		if (last)
			byte[i] = (unsigned char)(byte[i] | behind);
	}
}

static int
parse_network(const char *word, struct ip *ip)
{
	int family = strchr(word, ':') ? AF_INET6 : AF_INET;
	unsigned char first[16];

	if (ip_parse(word, family, ip) < 0)
		return -1;
	edge(ip, false, first);
	return memcmp(first, ip->byte, (size_t)ip_bits(family) / 8) ? -1 : 0;
}

int
allow_parse(const char *word, struct allow *a)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, word)) {
			a->kind = (enum allow_kind)i;
			return 0;
		}
	a->kind = ALLOW_NAME;
	if (name_ok(word))
		return 0;
	a->kind = ALLOW_NETWORK;
	return parse_network(word, &a->ip);
}

bool
allow_has(const char *list, enum allow_kind kind)
{
	char word[WORD_SIZE];
	struct allow a;

	if (!list)
		return kind == ALLOW_CONTAINERS || kind == ALLOW_HOST ||
		    kind == ALLOW_PORTS;
	while (word_item(&list, word) == 1)
		if (allow_parse(word, &a) == 0 && a.kind == kind)
			return true;
	return false;
}

bool
allow_names(const char *list, const char *name)
{
	char word[WORD_SIZE];
	struct allow a;

	while (list && word_item(&list, word) == 1)
		if (!strcmp(word, name) && allow_parse(word, &a) == 0 &&
		    a.kind == ALLOW_NAME)
			return true;
	return false;
}

bool
allow_host(const char *list)
{
	return allow_has(list, ALLOW_HOST) || allow_has(list, ALLOW_ANY);
}

/* holds - is b in a? */
static bool
holds(const struct ip *a, const struct ip *b)
{
	struct ip cut = *b;
	unsigned char first[16];

	if (a->family != b->family || a->prefix > b->prefix)
		return false;
	cut.prefix = a->prefix;
	edge(&cut, false, first);
	return !memcmp(first, a->byte, (size_t)ip_bits(a->family) / 8);
}

/* is_extra - is network i of n in another, or the same as an earlier one? */
static bool
is_extra(const struct ip *ip, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++)
		if (j != i && holds(&ip[j], &ip[i]) &&
		    (j < i || ip[j].prefix < ip[i].prefix))
			return true;
	return false;
}

static void
print_network(const struct ip *ip, const char *ifname, FILE *out)
{
	char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN];
	unsigned char byte[16];

	edge(ip, true, byte);
	inet_ntop(ip->family, ip->byte, first, sizeof(first));
	inet_ntop(ip->family, byte, last, sizeof(last));
	fprintf(out, "from%d_range \"%s\" . %s-%s\n",
	    ip->family == AF_INET ? 4 : 6, ifname, first, last);
}

/* print_networks - those of the list */
static void
print_networks(const char *list, const char *ifname, FILE *out)
{
	static struct ip ip[ALLOW_WORDS];
	char word[WORD_SIZE];
	struct allow a;
	size_t n = 0;

	while (n < ALLOW_WORDS && word_item(&list, word) == 1)
		if (allow_parse(word, &a) == 0 && a.kind == ALLOW_NETWORK)
			ip[n++] = a.ip;
	for (size_t i = 0; i < n; i++)
		if (!is_extra(ip, n, i))
			print_network(&ip[i], ifname, out);
}

/* print_words - all but networks; a host that is one of any has an element, too */
static void
print_words(const char *list, const struct allow_links *links,
    const char *ifname, FILE *out)
{
	char word[WORD_SIZE], other[IFNAMSIZ];
	struct allow a;

	if (allow_has(list, ALLOW_ANY) && !allow_has(list, ALLOW_HOST))
		fprintf(out, "from_host \"%s\"\n", ifname);
	while (word_item(&list, word) == 1) {
		if (allow_parse(word, &a) < 0 || a.kind == ALLOW_NONE ||
		    a.kind == ALLOW_NETWORK)
			continue;
		if (a.kind != ALLOW_NAME) {
			fprintf(out, "%s \"%s\"\n", words[a.kind].set, ifname);
			continue;
		}
		links->link(word, other);
		fprintf(out, "from_link \"%s\" . \"%s\"\n", other, ifname);
	}
}

void
allow_print(const char *list, const struct allow_links *links, FILE *out)
{
	for (size_t i = 0; list && i < links->n; i++) {
		const char *ifname = links->ifname[i];

		fprintf(out, "limited \"%s\"\n", ifname);
		for (size_t j = 0; j < links->n; j++)
			fprintf(out, "from_link \"%s\" . \"%s\"\n",
			    links->ifname[j], ifname);
		print_words(list, links, ifname, out);
		print_networks(list, ifname, out);
	}
}
