/* SPDX-License-Identifier: MIT */
/*
 * mkveth add|del|show [option ...] [NAME]
 *
 * The network of a container: a namespace, a veth pair, and all that is set
 * on its two ends, in one process over rtnetlink.  Here are the command line
 * and the output; lib/ask.c checks what is asked, lib/pair.c does it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "caps.h"
#include "exits.h"
#include "lock.h"
#include "name.h"
#include "netns.h"
#include "nsname.h"
#include "opts.h"
#include "pairtext.h"

static const char help[] =
"usage: mkveth add [-D] [-b BRIDGE] [-g GATEWAY]... [-H ADDRESS]...\n"
"                  [-i IFNAME] [-L ADDRESS]... [-M MTU] [-m MAC]\n"
"                  [-N IFNAME] [-n NETNS] NAME\n"
"       mkveth del [-w] [-i IFNAME] [-n NETNS] NAME\n"
"       mkveth show [-j] [-i IFNAME] [-n NETNS] [NAME]\n"
"\n"
"  -H, --host-address ADDRESS[/PREFIX]   give the host's end an address\n"
"  -L, --local-address ADDRESS[/PREFIX]  give the container's end one\n"
"      --host-address6, --local-address6 the same, IPv6 only\n"
"  -g, --gateway ADDRESS       default gateway, if not the host's address\n"
"      --gateway6 ADDRESS      the same, IPv6 only\n"
"  -D, --no-default-route      set no default route\n"
"  -b, --bridge BRIDGE         put the host's end on a bridge\n"
"  -M, --mtu N                 MTU of both ends\n"
"  -m, --mac MAC               MAC address of the container's end\n"
"  -N, --name IFNAME           the container's end (default eth0)\n"
"  -i, --host-name IFNAME      the host's end (default c-NAME)\n"
"  -n, --netns NETNS           a name in " NETNS_DIR " (default net-NAME),\n"
"                              a path, or pid:N\n"
"  -w, --wait                  until the kernel has removed all, too\n"
"  -j, --json                  print JSON\n"
"  -h, --help                  print this\n"
"  -V, --version               print the version\n";

enum { HOST6 = 256, LOCAL6, VIA6 };

#define OPTS_WHICH \
	{ "host-name", required_argument, NULL, 'i' }, \
	{ "netns", required_argument, NULL, 'n' }

static const struct option add_options[] = {
	{ "bridge", required_argument, NULL, 'b' },
	{ "gateway", required_argument, NULL, 'g' },
	{ "gateway6", required_argument, NULL, VIA6 },
	{ "host-address", required_argument, NULL, 'H' },
	{ "host-address6", required_argument, NULL, HOST6 },
	{ "local-address", required_argument, NULL, 'L' },
	{ "local-address6", required_argument, NULL, LOCAL6 },
	{ "mac", required_argument, NULL, 'm' },
	{ "mtu", required_argument, NULL, 'M' },
	{ "name", required_argument, NULL, 'N' },
	{ "no-default-route", no_argument, NULL, 'D' },
	OPTS_WHICH,
	OPTS_COMMON
};
static const struct option del_options[] = {
	{ "wait", no_argument, NULL, 'w' },
	OPTS_WHICH,
	OPTS_COMMON
};
static const struct option show_options[] = {
	{ "json", no_argument, NULL, 'j' },
	OPTS_WHICH,
	OPTS_COMMON
};

/* What the command line asks for. */
struct ask {
	const char *name;	/* the container, or NULL: all */
	struct pair pair;
	char netns[IFNAME_ALT_SIZE];
	bool defroute;
	bool json;
	bool wait;
	bool which;		/* -i or -n was given */
};

static int do_add(struct ask *ask);
static int do_del(struct ask *ask);
static int do_show(struct ask *ask);

static const struct verb {
	const char *name, *shorts;
	const struct option *longs;
	int (*run)(struct ask *ask);
} verbs[] = {
	{ "add", "b:g:H:L:m:M:N:Di:n:hV", add_options, do_add },
	{ "del", "wi:n:hV", del_options, do_del },
	{ "show", "ji:n:hV", show_options, do_show },
};

/* take - one option of the command line; returns -1 with why if it is wrong */
static int
take(struct ask *ask, int opt, const char *text, struct why *why)
{
	struct pair *pair = &ask->pair;
	struct plan *plan = &pair->plan;

	switch (opt) {
	case 'b':
		pair->bridge = text;
		return ifname_ok(text) ? 0 :
		    why_set(why, "not a name of an interface: %s", text);
	case 'H':
		return ask_addr(&plan->host, AF_UNSPEC, text, why);
	case 'L':
		return ask_addr(&plan->local, AF_UNSPEC, text, why);
	case HOST6:
		return ask_addr(&plan->host, AF_INET6, text, why);
	case LOCAL6:
		return ask_addr(&plan->local, AF_INET6, text, why);
	case 'g':
		return ask_via(plan, AF_UNSPEC, text, why);
	case VIA6:
		return ask_via(plan, AF_INET6, text, why);
	case 'M':
		return ask_mtu(plan, text, why);
	case 'm':
		return ask_mac(plan, text, why);
	case 'N':
		return ask_ifname(pair, false, text, why);
	case 'i':
		ask->which = true;
		return ask_ifname(pair, true, text, why);
	case 'n':
		ask->which = true;
		return ask_netns(pair, text, why);
	case 'D':
		ask->defroute = false;
		return 0;
	case 'w':
		ask->wait = true;
		return 0;
	case 'j':
		ask->json = true;
		return 0;
	OPTS_CASES(help, EXIT_USAGE);
	}
}

static const char *
long_name(const struct option *o, int opt)
{
	while (o->name && o->val != opt)
		o++;
	return o->name;
}

static const struct verb *
find_verb(int argc, char *argv[])
{
	const struct option longs[] = { OPTS_COMMON };
	int opt = getopt_long(argc, argv, "+hV", longs, NULL);

	if (opt != -1)
		switch (opt) {
		OPTS_CASES(help, EXIT_USAGE);
		}
	if (optind == argc)
		errx(EXIT_USAGE, "add, del or show what? See mkveth --help");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(argv[optind], verbs[i].name)) {
			/* getopt begins its messages with what stands here. */
			argv[optind] = argv[0];
			return &verbs[i];
		}
	errx(EXIT_USAGE, "not add, del or show: %s", argv[optind]);
}

static void
parse(const struct verb *verb, int argc, char *argv[], struct ask *ask)
{
	struct why why;
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, verb->shorts, verb->longs,
	    NULL)) != -1)
		if (take(ask, opt, optarg, &why) < 0)
			errx(EXIT_USAGE, "--%s: %s",
			    long_name(verb->longs, opt), why.text);
	if (argc - optind > 1)
		errx(EXIT_USAGE, "one name at a time: %s", argv[optind + 1]);
	ask->name = argv[optind];
	if (!ask->name && (verb->run != do_show || ask->which))
		errx(EXIT_USAGE, "%s: no name of a container", verb->name);
	if (!ask->name)
		return;
	if (!name_ok(ask->name))
		errx(EXIT_USAGE, "not a name of a container: \"%s\": "
		    NAME_ALLOWED, ask->name);
	ask_names(&ask->pair, ask->name, ask->netns);
	if (ask_done(&ask->pair, ask->defroute, &why) < 0)
		errx(EXIT_USAGE, "%s", why.text);
}

/*
 * open_ns - open a namespace given by path or pid
 *
 * Before capabilities are dropped: it may be one of another user's process.
 */
static void
open_ns(const struct verb *verb, struct ask *ask)
{
	struct pair *pair = &ask->pair;

	if (!ask->name || nsname_ok(pair->netns) || verb->run == do_del)
		return;
	if ((pair->ns = netns_open(pair->netns)) < 0)
		err(1, "%s %s: network namespace %s", verb->name, ask->name,
		    pair->netns);
}

static void
drop_caps(void)
{
	static const cap_value_t need[] = { CAP_NET_ADMIN, CAP_SYS_ADMIN };
	const char *missing;

	if (caps_only(need, 2, &missing) == 0)
		return;
	if (missing)
		errx(1, "needs the capability %s", missing);
	err(1, "drop capabilities");
}

/* lock - alone with this container until exit */
static void
lock(const char *verb, const char *name)
{
	if (lock_name(name) < 0)
		err(1, "%s %s: lock %s", verb, name, LOCK_FILE);
}

static int
do_add(struct ask *ask)
{
	struct why why;

	lock("add", ask->name);
	if (pair_add(&ask->pair, &why) < 0)
		errx(1, "add %s: %s", ask->name, why.text);
	return 0;
}

static int
do_del(struct ask *ask)
{
	struct why why;

	lock("del", ask->name);
	if (pair_del(&ask->pair, ask->wait, &why) < 0)
		errx(1, "del %s: %s", ask->name, why.text);
	return 0;
}

/* show_one - 1: shown, 0: there is none, -1: failed, and told */
static int
show_one(struct nl *nl, const struct pair *pair, const char *name, bool json,
    bool first)
{
	struct pair_state state;
	struct why why;

	if (pair_read(nl, pair, &state, &why) < 0) {
		if (errno == ENODEV)
			return 0;
		warnx("show %s: %s", name, why.text);
		return -1;
	}
	if (!json) {
		pairtext_lines(stdout, name, pair->netns, &state);
		return 1;
	}
	if (!first)
		fputs(",\n", stdout);
	pairtext_json(stdout, name, pair->netns, &state);
	return 1;
}

static int
has_net(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "net-", 4) && name_ok(entry->d_name + 4);
}

/* show_all - by the names of the namespaces: to list all links takes longer */
static int
show_all(struct nl *nl, bool json)
{
	struct dirent **list;
	int n = scandir(NETNS_DIR, &list, has_net, alphasort), status = 0;
	bool first = true;

	if (n < 0 && errno != ENOENT)
		err(1, "show: %s", NETNS_DIR);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name + 4;
		struct pair pair = ASK_NOTHING;
		char netns[IFNAME_ALT_SIZE];
		int r;

		ask_names(&pair, name, netns);
		if ((r = show_one(nl, &pair, name, json, first)) < 0)
			status = 1;
		first &= r <= 0;
	}
	return status;
}

static int
do_show(struct ask *ask)
{
	struct nl nl;
	int status;

	if (nl_open(&nl) < 0)
		err(1, "show: netlink socket");
	if (ask->json)
		putchar('[');
	if (ask->name) {
		status = show_one(&nl, &ask->pair, ask->name, ask->json, true);
		if (status == 0)
			warnx("show %s: no network of that name", ask->name);
		status = status != 1;
	} else {
		status = show_all(&nl, ask->json);
	}
	if (ask->json)
		puts("]");
	if (fflush(stdout) != 0)
		err(1, "show: write");
	return status;
}

int
main(int argc, char *argv[])
{
	struct ask ask = { .pair = ASK_NOTHING, .defroute = true };
	const struct verb *verb = find_verb(argc, argv);

	parse(verb, argc - optind, argv + optind, &ask);
	open_ns(verb, &ask);
	drop_caps();
	return verb->run(&ask);
}
