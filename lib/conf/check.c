/* SPDX-License-Identifier: MIT */
/* check.c - find settings that are valid alone, but not together */
#define _GNU_SOURCE
#include "conf/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/port.h"
#include "conf/allow.h"
#include "conf/extra.h"
#include "conf/ip.h"
#include "conf/word.h"

enum {
	ADDRESSES = 16,		/* of one end; as many as mkveth takes */
	LINKS = 64,		/* interfaces that mkveth makes or moves */
};

/* The keys of one family. */
struct family {
	int family;
	enum key host, local, gateway;
};

static const struct family families[] = {
	{ AF_INET, KEY_HOST_ADDRESS, KEY_LOCAL_ADDRESS, KEY_GATEWAY },
	{ AF_INET6, KEY_HOST_ADDRESS6, KEY_LOCAL_ADDRESS6, KEY_GATEWAY6 },
};

struct check {
	const struct settings *s;
	const char *name, *shown;
	const struct settings_errors *errors;
	bool failed;
};

#define bad(c, key, ...) do { \
	settings_report((c)->errors, (c)->shown, (c)->s->line[key], \
	    __VA_ARGS__); \
	(c)->failed = true; } while (0)

/* given - is it set to more than the default of a switch? */
static bool
given(const struct settings *s, enum key key)
{
	if (key_info[key].type == TYPE_SWITCH)
		return settings_on(s, key);
	return s->value[key] != NULL;
}

static void
check_private(struct check *c)
{
	static const enum key need[] = { KEY_HOST_ADDRESS, KEY_LOCAL_ADDRESS,
	    KEY_HOST_ADDRESS6, KEY_LOCAL_ADDRESS6, KEY_LOCAL_MAC_ADDRESS,
	    KEY_HOST_BRIDGE, KEY_EXTRA_VETHS, KEY_GATEWAY, KEY_GATEWAY6,
	    KEY_MTU, KEY_HOST_PORT, KEY_NAT, KEY_ALLOW_FROM };
	const struct settings *s = c->s;

	if (s->value[KEY_NETWORK_NAMESPACE_PATH] && settings_private(s))
		bad(c, KEY_NETWORK_NAMESPACE_PATH, "NETWORK_NAMESPACE_PATH "
		    "excludes PRIVATE_NETWORK, INTERFACES and MACVLANS");
	if (settings_on(s, KEY_PRIVATE_NETWORK))
		return;
	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (given(s, need[i]))
			bad(c, need[i], "%s needs PRIVATE_NETWORK=1",
			    key_info[need[i]].name);
}

/* suggest - a neighbour of an address, such as the .1 of a .2 */
static void
suggest(const char *value, int family, char text[INET6_ADDRSTRLEN])
{
	char word[WORD_SIZE];
	unsigned char *last;
	struct ip ip;

	if (word_item(&value, word) != 1 || ip_parse(word, family, &ip) < 0)
		memset(&ip, 0, sizeof(ip));
	last = &ip.byte[ip_bits(family) / 8 - 1];
	if (*last > 0 && (*last == 255 || *last % 2 == 0))
		--*last;
	else
		++*last;
	inet_ntop(family, ip.byte, text, INET6_ADDRSTRLEN);
}

/* without_network - has none of the addresses a prefix that holds others? */
static bool
without_network(const char *value, int family)
{
	char word[WORD_SIZE];
	struct ip ip;

	while (word_item(&value, word) == 1)
		if (ip_parse(word, family, &ip) == 0 &&
		    ip.prefix < ip_bits(family))
			return false;
	return true;
}

/*
 * check_ends - refuse an address of one end only: it has no peer
 *
 * With a gateway, the host's end is configured elsewhere.  An address of the host
 * with a network is allowed: a DHCP server on the host may need no more.
 */
static void
check_ends(struct check *c, const struct family *f)
{
	const char *host = c->s->value[f->host], *local = c->s->value[f->local];
	char other[INET6_ADDRSTRLEN];

	if (c->s->value[KEY_HOST_BRIDGE] || c->s->value[f->gateway])
		return;
	if (local && !host) {
		suggest(local, f->family, other);
		bad(c, f->local, "%s: the host's end has no address: set %s, "
		    "such as %s=%s, or HOST_BRIDGE or %s",
		    key_info[f->local].name, key_info[f->host].name,
		    key_info[f->host].name, other, key_info[f->gateway].name);
	} else if (host && !local && without_network(host, f->family)) {
		suggest(host, f->family, other);
		bad(c, f->host, "%s: the container's end has no address: set "
		    "%s, such as %s=%s", key_info[f->host].name,
		    key_info[f->local].name, key_info[f->local].name, other);
	}
}

/* The addresses of both ends of the container's pair. */
struct seen {
	int n;
	struct ip ip[2 * ADDRESSES];
};

static bool
same(const struct ip *a, const struct ip *b)
{
	return !memcmp(a->byte, b->byte, sizeof(a->byte));
}

static void
check_twice(struct check *c, const struct family *f, enum key key,
    struct seen *seen)
{
	const char *rest = c->s->value[key];
	char word[WORD_SIZE];
	int before = seen->n;

	while (rest && word_item(&rest, word) == 1) {
		struct ip *ip = &seen->ip[seen->n];

		if (seen->n - before == ADDRESSES) {
			bad(c, key, "%s: more than %d addresses",
			    key_info[key].name, ADDRESSES);
			return;
		}
		if (ip_parse(word, f->family, ip) < 0)
			continue;
		for (int i = 0; i < seen->n; i++)
			if (same(&seen->ip[i], ip))
				bad(c, key, "%s: the address %s is given twice",
				    key_info[key].name, word);
		seen->n++;
	}
}

/* check_gateway - local has only the container's addresses */
static void
check_gateway(struct check *c, const struct family *f, const struct seen *local)
{
	const char *text = c->s->value[f->gateway];
	struct ip ip;

	if (!text || ip_parse(text, f->family, &ip) < 0)
		return;
	if (local->n == 0)
		bad(c, f->gateway, "%s needs %s", key_info[f->gateway].name,
		    key_info[f->local].name);
	for (int i = 0; i < local->n; i++)
		if (same(&local->ip[i], &ip))
			bad(c, f->gateway, "%s: the container cannot be its "
			    "own gateway: %s", key_info[f->gateway].name, text);
}

static void
check_family(struct check *c, const struct family *f)
{
	struct seen seen = { .n = 0 };
	const char *mtu = c->s->value[KEY_MTU];

	check_ends(c, f);
	check_twice(c, f, f->local, &seen);
	check_gateway(c, f, &seen);
	check_twice(c, f, f->host, &seen);
	if (f->family == AF_INET6 && seen.n > 0 && mtu &&
	    num_read(mtu, 65535) < 1280)
		bad(c, KEY_MTU, "MTU: IPv6 needs at least 1280: %s", mtu);
}

/* Names of interfaces in the container. */
struct links {
	int n;
	char name[LINKS][IFNAMSIZ];
};

static void
add_link(struct check *c, struct links *links, enum key key, const char *name)
{
	for (int i = 0; i < links->n; i++)
		if (!strcmp(links->name[i], name)) {
			bad(c, key, "%s: the container has two interfaces of "
			    "the name %s", key_info[key].name, name);
			return;
		}
	if (links->n == LINKS) {
		bad(c, key, "%s: more than %d interfaces",
		    key_info[key].name, LINKS);
		return;
	}
	snprintf(links->name[links->n++], IFNAMSIZ, "%s", name);
}

/* inside - the name in the container of an interface in a list */
static void
inside(enum key key, char *word, char name[IFNAMSIZ])
{
	char *rest = word, *first = strsep(&rest, ":");
	char *second = strsep(&rest, ":");

	if (key != KEY_MACVLANS)
		snprintf(name, IFNAMSIZ, "%s", first);
	else if (second && *second)
		snprintf(name, IFNAMSIZ, "%s", second);
	else
		snprintf(name, IFNAMSIZ, "mv-%.12s", first);
}

static void
check_links(struct check *c)
{
	static const enum key lists[] = { KEY_EXTRA_VETHS, KEY_INTERFACES,
	    KEY_MACVLANS };
	struct links links = { .n = 0 };
	char word[WORD_SIZE], name[IFNAMSIZ];

	add_link(c, &links, KEY_PRIVATE_NETWORK, "lo");
	if (settings_on(c->s, KEY_PRIVATE_NETWORK))
		add_link(c, &links, KEY_PRIVATE_NETWORK, "eth0");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *rest = c->s->value[lists[i]];

		while (rest && word_next(&rest, word) == 1) {
			inside(lists[i], word, name);
			add_link(c, &links, lists[i], name);
		}
	}
}

static void
check_pairs(struct check *c)
{
	const char *rest = c->s->value[KEY_EXTRA_VETHS];
	char word[WORD_SIZE];
	int n = 0;

	while (rest && word_next(&rest, word) == 1) {
		n++;
		if (word[0] == 'c' && strchr("-_", word[1]) && word[1])
			bad(c, KEY_EXTRA_VETHS, "EXTRA_VETHS: %s: names that "
			    "begin with c- or c_ are those of containers' "
			    "own links", word);
	}
	if (n > EXTRA_PAIRS)
		bad(c, KEY_EXTRA_VETHS, "EXTRA_VETHS: more than %d pairs",
		    EXTRA_PAIRS);
}

/* check_local - has the container an address of that family? */
static void
check_local(struct check *c, const struct port *port, const char *word)
{
	const struct family *f = &families[port->family == AF_INET6];

	/* A program of the host serves loopback, by either family. */
	if (port->family != AF_UNSPEC && !port_loopback(port) &&
	    !c->s->value[f->local])
		bad(c, KEY_HOST_PORT, "HOST_PORT: %s needs %s", word,
		    key_info[f->local].name);
}

/* check_overlap - none of the n ports before may be among those of port */
static void
check_overlap(struct check *c, const struct port *port, const char *word,
    const struct port *before, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct port *later = &before[i];

		if (!port_overlap(port, later))
			continue;
		/* Name the first port that both have. */
		if (later->host < port->host)
			later = port;
		bad(c, KEY_HOST_PORT, "HOST_PORT: port %d (%s) is forwarded "
		    "twice: %s", later->host, port_protocol(port), word);
		return;
	}
}

static void
check_ports(struct check *c)
{
	const char *rest = c->s->value[KEY_HOST_PORT];
	char word[WORD_SIZE];
	struct port *seen;
	const char *expected;
	size_t n = 0;

	if (!rest)
		return;
	/* A word takes at least one character, and one between it and the next. */
	seen = calloc(strlen(rest) / 2 + 1, sizeof(*seen));
	while (seen && word_item(&rest, word) == 1) {
		if (port_parse(word, &seen[n], &expected) < 0)
			continue;
		check_local(c, &seen[n], word);
		check_overlap(c, &seen[n], word, seen, n);
		n++;
	}
	if (!seen)
		bad(c, KEY_HOST_PORT, "HOST_PORT: out of memory");
	free(seen);
}

static void
check_forward(struct check *c)
{
	static const enum key need[] = { KEY_HOST_PORT, KEY_NAT };

	if (c->s->value[KEY_LOCAL_ADDRESS] || c->s->value[KEY_LOCAL_ADDRESS6]) {
		check_ports(c);
		return;
	}
	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (given(c->s, need[i]))
			bad(c, need[i], "%s needs LOCAL_ADDRESS or "
			    "LOCAL_ADDRESS6", key_info[need[i]].name);
}

/* has_bridged_pair - is a further pair on a bridge? */
static bool
has_bridged_pair(const struct settings *s)
{
	const char *rest = s->value[KEY_EXTRA_VETHS];
	char word[WORD_SIZE], bridge[EXTRA_SIZE];

	while (rest && word_next(&rest, word) == 1)
		if (extra_find(word, "bridge", bridge))
			return true;
	return false;
}

/* check_enforced - the host's rules see all that reaches a link of the container */
static void
check_enforced(struct check *c)
{
	static const enum key past[] = { KEY_HOST_BRIDGE, KEY_MACVLANS,
	    KEY_INTERFACES };

	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++)
		if (c->s->value[past[i]])
			bad(c, KEY_ALLOW_FROM, "ALLOW_FROM excludes %s: what "
			    "comes that way is not routed by the host",
			    key_info[past[i]].name);
	if (has_bridged_pair(c->s))
		bad(c, KEY_ALLOW_FROM, "ALLOW_FROM excludes EXTRA_VETHS with "
		    "a bridge: what comes that way is not routed by the host");
}

/* check_loopback - a program of the host serves ports of loopback */
static void
check_loopback(struct check *c)
{
	const char *rest = c->s->value[KEY_HOST_PORT];
	char word[WORD_SIZE];
	const char *expected;
	struct port port;

	while (rest && word_item(&rest, word) == 1)
		if (port_parse(word, &port, &expected) == 0 &&
		    port_loopback(&port) &&
		    !allow_host(c->s->value[KEY_ALLOW_FROM]))
			bad(c, KEY_HOST_PORT, "HOST_PORT: %s is for the host, "
			    "which ALLOW_FROM does not name", word);
}

static void
check_allow(struct check *c)
{
	const char *list = c->s->value[KEY_ALLOW_FROM], *rest = list;
	char word[WORD_SIZE];
	int n = 0;

	if (!list)
		return;
	while (word_item(&rest, word) == 1)
		n++;
	if (n == 0)
		bad(c, KEY_ALLOW_FROM, "ALLOW_FROM: expected a word; the one "
		    "for nobody is none");
	if (n > ALLOW_WORDS)
		bad(c, KEY_ALLOW_FROM, "ALLOW_FROM: more than %d words",
		    ALLOW_WORDS);
	if (n > 1 && allow_has(list, ALLOW_NONE))
		bad(c, KEY_ALLOW_FROM, "ALLOW_FROM: none excludes other words");
	check_enforced(c);
	check_loopback(c);
}

static void
check_units(struct check *c, enum key key)
{
	const char *rest = c->s->value[key];
	char word[WORD_SIZE], unit[128];

	snprintf(unit, sizeof(unit), "container@%s.service", c->name);
	while (rest && word_next(&rest, word) == 1)
		if (!strcmp(word, c->name) || !strcmp(word, unit))
			bad(c, key, "%s: the container itself: %s",
			    key_info[key].name, word);
}

int
check_settings(const struct settings *s, const char *name, const char *shown,
    const struct settings_errors *errors)
{
	struct check c = { s, name, shown, errors, false };

	check_private(&c);
	if (settings_on(s, KEY_PRIVATE_NETWORK)) {
		check_family(&c, &families[0]);
		check_family(&c, &families[1]);
		check_forward(&c);
		check_allow(&c);
	}
	check_links(&c);
	check_pairs(&c);
	if (settings_closure(s) && s->value[KEY_NIX_DAEMON] &&
	    settings_on(s, KEY_NIX_DAEMON))
		bad(&c, KEY_STORE, "STORE=closure excludes NIX_DAEMON=1");
	if (name) {
		check_units(&c, KEY_AFTER);
		check_units(&c, KEY_REQUIRES);
	}
	if (!c.failed)
		return 0;
	errno = EINVAL;
	return -1;
}
