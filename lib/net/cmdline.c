/* SPDX-License-Identifier: MIT */
/* cmdline.c - the command line of mkveth, and the lines of its batch */
#include "net/cmdline.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/name.h"

enum { CHECK = 256, HOST6, LOCAL6, VIA6, MOVE, MACVLAN, IPVLAN, NO_PAIR,
	PAIR, RELEASE };

#define COMMON \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ NULL, 0, NULL, 0 }
#define WHICH \
	{ "host-name", required_argument, NULL, 'i' }, \
	{ "netns", required_argument, NULL, 'n' }

static const struct option add_options[] = {
	{ "bridge", required_argument, NULL, 'b' },
	{ "check", no_argument, NULL, CHECK },
	{ "gateway", required_argument, NULL, 'g' },
	{ "gateway6", required_argument, NULL, VIA6 },
	{ "host-address", required_argument, NULL, 'H' },
	{ "host-address6", required_argument, NULL, HOST6 },
	{ "ipvlan", required_argument, NULL, IPVLAN },
	{ "local-address", required_argument, NULL, 'L' },
	{ "local-address6", required_argument, NULL, LOCAL6 },
	{ "mac", required_argument, NULL, 'm' },
	{ "macvlan", required_argument, NULL, MACVLAN },
	{ "move", required_argument, NULL, MOVE },
	{ "mtu", required_argument, NULL, 'M' },
	{ "name", required_argument, NULL, 'N' },
	{ "no-default-route", no_argument, NULL, 'D' },
	{ "no-pair", no_argument, NULL, NO_PAIR },
	{ "pair", required_argument, NULL, PAIR },
	{ "release", no_argument, NULL, RELEASE },
	WHICH,
	COMMON
};
static const struct option del_options[] = {
	{ "wait", no_argument, NULL, 'w' },
	WHICH,
	COMMON
};
static const struct option show_options[] = {
	{ "json", no_argument, NULL, 'j' },
	WHICH,
	COMMON
};
static const struct option batch_options[] = {
	{ "keep-going", no_argument, NULL, 'k' },
	COMMON
};
static const struct option no_options[] = { COMMON };

/* By enum cmdline_verb; ":" has getopt_long tell a missing value apart. */
static const struct verb {
	const char *name, *shorts;
	const struct option *longs;
} verbs[] = {
	{ "add", ":b:g:H:L:m:M:N:Di:n:hV", add_options },
	{ "del", ":wi:n:hV", del_options },
	{ "show", ":ji:n:hV", show_options },
	{ "batch", ":khV", batch_options },
};

/* take_value - an option that has one */
static int
take_value(struct cmdline *ask, int opt, const char *text, struct errmsg *why)
{
	struct pair *pair = &ask->net.pair[0];
	struct plan *plan = &pair->plan;

	switch (opt) {
	case 'b':
		return request_bridge(pair, text, why);
	case 'H':
		return request_addr(&plan->host, AF_UNSPEC, text, why);
	case 'L':
		return request_addr(&plan->local, AF_UNSPEC, text, why);
	case HOST6:
		return request_addr(&plan->host, AF_INET6, text, why);
	case LOCAL6:
		return request_addr(&plan->local, AF_INET6, text, why);
	case 'g':
		return request_set_gateway(plan, AF_UNSPEC, text, why);
	case VIA6:
		return request_set_gateway(plan, AF_INET6, text, why);
	case 'M':
		return request_mtu(plan, text, why);
	case 'm':
		return request_mac(plan, text, why);
	case 'N':
		return request_ifname(pair, false, text, why);
	case 'i':
		ask->which = true;
		return request_ifname(pair, true, text, why);
	case PAIR:
		return request_pair(&ask->net, text, why);
	case MOVE:
		return request_move(&ask->net, text, why);
	case MACVLAN:
	case IPVLAN:
		return request_child(&ask->net, opt == IPVLAN, text, why);
	default: /* 'n' */
		ask->which = true;
		return request_netns(&ask->net, text, why);
	}
}

/* take - one option; why has its own words for what is wrong with the value */
static int
take(struct cmdline *ask, int opt, const char *text, struct errmsg *why)
{
	switch (opt) {
	case 'D': ask->no_route = true; return 0;
	case 'j': ask->json = true; return 0;
	case 'k': ask->keep_going = true; return 0;
	case 'w': ask->wait = true; return 0;
	case CHECK: ask->check = true; return 0;
	case NO_PAIR: ask->net.bare = true; return 0;
	case RELEASE: ask->net.release = true; return 0;
	case 'h': ask->verb = CMDLINE_HELP; return 0;
	case 'V': ask->verb = CMDLINE_VERSION; return 0;
	default: return take_value(ask, opt, text, why);
	}
}

/* no_option - the one that getopt_long has just refused */
static int
no_option(char *argv[], bool no_value, struct errmsg *why)
{
	/* musl: behind the end, where a short option's value is missing. */
	const char *word = argv[optind - 1];

	if (word && !strncmp(word, "--", 2) && word[2])
		return errmsg_set(why, "%s: %s", no_value ?
		    "the option needs a value" : "not an option here", word);
	return errmsg_set(why, "%s: -%c", no_value ?
	    "the option needs a value" : "not an option here", optopt);
}

static const char *
long_name(const struct option *o, int opt)
{
	while (o->name && o->val != opt)
		o++;
	return o->name;
}

/* options - all of them, from the beginning of argv; 1: no more is asked for */
static int
options(int argc, char *argv[], const struct verb *verb, struct cmdline *ask,
    struct errmsg *why)
{
	struct errmsg value;
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, verb->shorts, verb->longs,
	    NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return no_option(argv, opt == ':', why);
		if (take(ask, opt, optarg, &value) < 0)
			return errmsg_set(why, "--%s: %s",
			    long_name(verb->longs, opt), value.text);
		if (opt == 'h' || opt == 'V')
			return 1;
	}
	return 0;
}

/* container - the name that is left when the options are taken */
static int
container(int argc, char *argv[], struct cmdline *ask, struct errmsg *why)
{
	const char *verb = verbs[ask->verb].name;

	if (argc > 1)
		return errmsg_set(why, "one name at a time: %s", argv[1]);
	ask->name = argv[0];
	if (ask->verb == CMDLINE_BATCH)
		return ask->name ? errmsg_set(why, "batch takes no name: %s",
		    ask->name) : 0;
	if (!ask->name && (ask->verb != CMDLINE_SHOW || ask->which))
		return errmsg_set(why, "%s: no name of a container", verb);
	if (!ask->name)
		return 0;
	if (!name_ok(ask->name))
		return errmsg_set(why, "not a name of a container: \"%s\": "
		    NAME_ALLOWED, ask->name);
	request_names(&ask->net, ask->name, ask->netns);
	return request_validate(&ask->net, !ask->no_route, why);
}

int
cmdline_read(int argc, char *argv[], struct cmdline *ask, struct errmsg *why)
{
	static const struct verb none = { "", "+:hV", no_options };
	int r;

	memset(ask, 0, offsetof(struct cmdline, net));
	request_init(&ask->net);
	if ((r = options(argc, argv, &none, ask, why)) != 0)
		return r < 0 ? -1 : 0;
	if (optind == argc)
		return errmsg_set(why, "add, del, show, batch or wait? "
		    "See mkveth --help");
	argc -= optind;
	argv += optind;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[0], verbs[i].name))
			continue;
		ask->verb = (enum cmdline_verb)i;
		if ((r = options(argc, argv, &verbs[i], ask, why)) != 0)
			return r < 0 ? -1 : 0;
		return container(argc - optind, argv + optind, ask, why);
	}
	return errmsg_set(why, "not add, del, show or batch: %s", argv[0]);
}
