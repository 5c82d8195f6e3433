/* SPDX-License-Identifier: MIT */
/* host.c - check the requirements of settings on the host */
#define _GNU_SOURCE
#include "conf/host.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/name.h"
#include "base/num.h"
#include "base/port.h"
#include "conf/allow.h"
#include "conf/bind.h"
#include "conf/claims.h"
#include "conf/extra.h"
#include "conf/ip.h"
#include "conf/names.h"
#include "conf/status.h"
#include "conf/users.h"
#include "conf/way.h"
#include "conf/word.h"

struct check {
	const struct settings *s;
	const struct host *host;
	const char *shown;
	const struct settings_errors *errors;
	bool failed, in_use;
	bool claimed;		/* a port is another container's */
};

#define bad(c, key, ...) do { \
	settings_report((c)->errors, (c)->shown, (c)->s->line[key], \
	    __VA_ARGS__); \
	(c)->failed = true; } while (0)

static void
need_interface(struct check *c, enum key key, const char *name)
{
	if (if_nametoindex(name) == 0)
		bad(c, key, "%s: the host has no interface %s",
		    key_info[key].name, name);
}

/* check_interfaces - the first part of each word is an interface of the host */
static void
check_interfaces(struct check *c, enum key key)
{
	const char *rest = c->s->value[key];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1) {
		word[strcspn(word, ":=")] = '\0';
		need_interface(c, key, word);
	}
}

static void
check_extra(struct check *c)
{
	const char *rest = c->s->value[KEY_EXTRA_VETHS];
	char word[WORD_SIZE];
	struct extra e;

	while (rest && word_next(&rest, word) == 1) {
		if (extra_begin(&e, word) < 0)
			continue;
		while (extra_next(&e))
			if (!strcmp(e.key, "bridge"))
				need_interface(c, KEY_EXTRA_VETHS, e.value);
	}
}

static void
check_bridges(struct check *c)
{
	const char *bridge = c->s->value[KEY_HOST_BRIDGE];

	if (bridge)
		need_interface(c, KEY_HOST_BRIDGE, bridge);
	check_extra(c);
}

static void
check_links(struct check *c)
{
	const char *netns = c->s->value[KEY_NETWORK_NAMESPACE_PATH];

	/* A running container has moved its interfaces into its network. */
	if (!c->host->connected) {
		check_interfaces(c, KEY_INTERFACES);
		check_interfaces(c, KEY_MACVLANS);
	}
	if (netns && access(netns, F_OK) < 0)
		bad(c, KEY_NETWORK_NAMESPACE_PATH, "NETWORK_NAMESPACE_PATH: "
		    "the host has no %s", netns);
}

/* check_binds - of the words of a list that begin with an option */
static void
check_binds(struct check *c, enum key key, const char *option)
{
	const char *rest = c->s->value[key];
	char word[WORD_SIZE];
	size_t n = strlen(option);
	struct bind b;

	while (rest && word_next(&rest, word) == 1) {
		if (strncmp(word, option, n) != 0 ||
		    bind_parse(word + n, &b) < 0 || b.in_tree || !*b.source)
			continue;
		if (access(b.source, F_OK) < 0 &&
		    (errno == ENOENT || errno == ENOTDIR))
			bad(c, key, "%s: the host has no %s",
			    key_info[key].name, b.source);
	}
}

/* has_address - does it run with this address? */
static bool
has_address(const struct check *c, enum key key, int family,
    const unsigned char *byte)
{
	const char *rest = c->host->before ? c->host->before->value[key] : NULL;
	char word[WORD_SIZE];
	struct ip ip;

	while (rest && word_item(&rest, word) == 1)
		if (ip_parse(word, family, &ip) == 0 &&
		    !memcmp(ip.byte, byte, sizeof(ip.byte)))
			return true;
	return false;
}

static void
check_addresses(struct check *c, enum key key, int family)
{
	const char *rest = c->s->value[key];
	char word[WORD_SIZE];
	struct ip ip;

	if (c->host->connected && !c->host->before)
		return;
	while (rest && word_item(&rest, word) == 1)
		if (ip_parse(word, family, &ip) == 0 &&
		    !has_address(c, key, family, ip.byte) &&
		    c->host->in_use(family, ip.byte)) {
			settings_report(c->errors, c->shown, c->s->line[key],
			    "%s: %s is in use by the host or a running "
			    "container", key_info[key].name, word);
			c->in_use = true;
		}
}

static void
on_port(int number, const struct port *port, const char *other, void *arg)
{
	struct check *c = arg;

	bad(c, KEY_HOST_PORT, "HOST_PORT: port %d (%s) of the host is "
	    "forwarded to %s", number, port_protocol(port), other);
	c->claimed = true;
}

static void
on_link(const char *ifname, const char *other, void *arg)
{
	struct check *c = arg;

	bad(c, KEY_EXTRA_VETHS, "EXTRA_VETHS: the host has a link %s of the "
	    "container %s", ifname, other);
}

/* check_others - returns whether another container has one of the ports */
static bool
check_others(struct check *c)
{
	const struct claims_found found = { on_port, on_link, c };

	if (c->s->value[KEY_HOST_PORT] || c->s->value[KEY_EXTRA_VETHS])
		claims_find(c->s, c->host->run_dir, c->host->name, &found);
	return c->claimed;
}

/* has_port - does it run with some of these ports? */
static bool
has_port(const struct check *c, const struct port *port)
{
	const char *rest = NULL, *expected;
	char word[WORD_SIZE];
	struct port old;

	if (c->host->before)
		rest = c->host->before->value[KEY_HOST_PORT];
	while (rest && word_item(&rest, word) == 1)
		if (port_parse(word, &old, &expected) == 0 &&
		    port_overlap(port, &old))
			return true;
	return false;
}

/*
 * check_served - no process of the host may serve one of the ports
 *
 * A container that runs has its own sockets on loopback.
 */
static void
check_served(struct check *c)
{
	const char *rest = c->s->value[KEY_HOST_PORT], *expected;
	char word[WORD_SIZE];
	struct port port;

	if (c->host->connected && !c->host->before)
		return;
	while (rest && word_item(&rest, word) == 1) {
		int found = 0;

		if (port_parse(word, &port, &expected) == 0 &&
		    !has_port(c, &port))
			found = c->host->served(&port);
		if (found == 0)
			continue;
		bad(c, KEY_HOST_PORT, "HOST_PORT: port %d (%s) is in use by a "
		    "process of the host: %s", found, port_protocol(&port),
		    word);
	}
}

static void
check_required(struct check *c)
{
	const char *rest = c->s->value[KEY_REQUIRES];
	char word[WORD_SIZE], file[NAMES_FILE_SIZE];

	while (rest && word_next(&rest, word) == 1)
		if (name_ok(word) && faccessat(c->host->conf_dir,
		    names_file(word, file), F_OK, 0) < 0)
			bad(c, KEY_REQUIRES, "REQUIRES: no such container: %s",
			    word);
}

/*
 * check_sources - a container that ALLOW_FROM names is no port of a bridge
 *
 * Its packets come from the bridge, and what names it never matches.
 */
static void
check_sources(struct check *c)
{
	static struct settings other;
	const char *list = c->s->value[KEY_ALLOW_FROM], *rest = list;
	char word[WORD_SIZE], file[NAMES_FILE_SIZE];
	struct allow a;

	if (!list || allow_has(list, ALLOW_ANY) ||
	    allow_has(list, ALLOW_CONTAINERS))
		return;
	while (word_item(&rest, word) == 1) {
		if (allow_parse(word, &a) < 0 || a.kind != ALLOW_NAME)
			continue;
		names_file(word, file);
		/* Use the valid ones of wrong settings. */
		(void)settings_read_any(&other, c->host->conf_dir, file, file,
		    NULL);
		if (other.value[KEY_HOST_BRIDGE])
			bad(c, KEY_ALLOW_FROM, "ALLOW_FROM: %s is on the bridge "
			    "%s (expected its address instead of its name)",
			    word, other.value[KEY_HOST_BRIDGE]);
	}
}

/*
 * check_system - does the container's system exist?
 *
 * A path outside the store is a path in the container.
 */
static void
check_system(struct check *c)
{
	char system[PATH_MAX + sizeof("/init")];
	const char *given = c->s->value[KEY_SYSTEM_PATH];
	struct stat st;

	if (given)
		snprintf(system, PATH_MAX, "%s", given);
	else if (status_system(c->host->nix_state, c->host->name, system) < 0)
		return;		/* launch builds it, or the tree boots by itself */
	strcat(system, "/init");
	if (strncmp(system, "/nix/store/", 11) != 0 || lstat(system, &st) == 0)
		return;
	settings_report(c->errors, c->host->name, 0, "its system is missing: "
	    "%s", system);
	c->failed = true;
}

/* check_users - a fixed range of user IDs is the container's alone */
static void
check_users(struct check *c)
{
	struct errmsg whose = { "" };

	if (!c->host->connected && users_conflict(c->s, c->host->name,
	    c->host->root, c->host->conf_dir, &whose) != 0)
		bad(c, KEY_PRIVATE_USERS, "PRIVATE_USERS: %s", whose.text);
}

/* may_check - is it set, and no longer what it runs by? */
static bool
may_check(const struct check *c, enum key key)
{
	const char *before = c->host->before ? c->host->before->value[key] : NULL;

	return c->s->value[key] && (!before || strcmp(before, c->s->value[key]));
}

/* check_disks - a path of a file system stands for its disk */
static void
check_disks(struct check *c, enum key key)
{
	const char *rest = c->s->value[key];
	char word[WORD_SIZE];

	while (may_check(c, key) && word_next(&rest, word) == 1) {
		*strrchr(word, ':') = '\0';
		if (access(word, F_OK) < 0)
			bad(c, key, "%s: the host has no %s",
			    key_info[key].name, word);
	}
}

/* last_cpu - of the host, or -1 */
static long long
last_cpu(const char *root)
{
	char path[PATH_MAX], *text, *end;
	long long last = -1;

	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/present", root);
	text = fd_read_text(path, 4096);
	if (text) {
		text[strcspn(text, "\n")] = '\0';
		end = text + strlen(text);
		while (end > text && !strchr(",-", end[-1]))
			end--;
		last = num_read(end, INT_MAX);
	}
	free(text);
	return last;
}

static void
check_cpus(struct check *c)
{
	const char *rest = c->s->value[KEY_ALLOWED_CPUS], *to;
	long long last = last_cpu(c->host->root);
	char word[WORD_SIZE];

	while (last >= 0 && may_check(c, KEY_ALLOWED_CPUS) &&
	    word_item(&rest, word) == 1) {
		to = strchr(word, '-');
		if (num_read(to ? to + 1 : word, INT_MAX) > last)
			bad(c, KEY_ALLOWED_CPUS, "ALLOWED_CPUS: the last "
			    "processor of the host is %lld: %s", last, word);
	}
}

/* bind_over - the writable bind that a path goes through, or NULL */
static const char *
bind_over(const struct check *c, const char *path, struct bind *b)
{
	const char *rest = c->s->value[KEY_BIND];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1)
		if (bind_parse(word, b) == 0 && !b->in_tree && *b->source &&
		    way_enters(path, b->source))
			return b->source;
	return NULL;
}

/*
 * check_credentials - no container can choose which file of the host is read
 *
 * systemd-nspawn follows links.
 */
static void
check_credentials(struct check *c)
{
	const char *rest = c->s->value[KEY_CREDENTIALS], *path, *over;
	char word[WORD_SIZE];
	struct stat st;
	struct bind b;

	while (rest && word_next(&rest, word) == 1) {
		path = strchr(word, ':') + 1;
		over = c->host->trees;
		if (!way_enters(path, over))
			over = bind_over(c, path, &b);
		if (over)
			bad(c, KEY_CREDENTIALS, "CREDENTIALS: %s goes through "
			    "%s, where a container can write", path, over);
		else if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			bad(c, KEY_CREDENTIALS, "CREDENTIALS: the host has no "
			    "file %s", path);
	}
}

/* check_repair - what a repair of a running container's network needs */
static void
check_repair(struct check *c)
{
	check_bridges(c);
	if (settings_on(c->s, KEY_PRIVATE_NETWORK)) {
		check_addresses(c, KEY_LOCAL_ADDRESS, AF_INET);
		check_addresses(c, KEY_LOCAL_ADDRESS6, AF_INET6);
	}
	if (!check_others(c))
		check_served(c);
	if (c->host->conf_dir >= 0)
		check_sources(c);
}

/* check_start - what else a start needs */
static void
check_start(struct check *c)
{
	check_links(c);
	check_binds(c, KEY_BIND, "");
	check_binds(c, KEY_BIND_RO, "");
	check_binds(c, KEY_EXTRA_NSPAWN_FLAGS, "--bind=");
	check_binds(c, KEY_EXTRA_NSPAWN_FLAGS, "--bind-ro=");
	check_credentials(c);
	check_users(c);
	if (c->host->conf_dir >= 0)
		check_required(c);
	if (!c->host->new)
		check_system(c);
}

int
host_check(const struct settings *s, const struct host *host,
    const char *shown, const struct settings_errors *errors)
{
	struct check c = { .s = s, .host = host, .shown = shown,
	    .errors = errors };

	if (host->connected || !host->before)
		check_repair(&c);
	check_cpus(&c);
	check_disks(&c, KEY_IO_READ_BANDWIDTH_MAX);
	check_disks(&c, KEY_IO_WRITE_BANDWIDTH_MAX);
	if (!host->before)
		check_start(&c);
	if (!c.failed && !c.in_use)
		return 0;
	errno = c.failed ? ENODEV : EADDRINUSE;
	return -1;
}

int
host_claims(const struct settings *s, const struct host *host,
    const char *shown, const struct settings_errors *errors)
{
	struct check c = { .s = s, .host = host, .shown = shown,
	    .errors = errors };

	(void)check_others(&c);
	return c.failed ? -1 : 0;
}
