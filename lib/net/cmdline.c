/* SPDX-License-Identifier: MIT */
/* cmdline.c - the command line of mkveth, and the lines of a batch */
#include "net/cmdline.h"

#include <getopt.h>
#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "net/request.h"

enum { CHECK = 256, HOST6, LOCAL6, GATEWAY6, MOVE, MACVLAN, IPVLAN, NO_PAIR,
	PAIR, RELEASE };

#define COMMON \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ NULL, 0, NULL, 0 }
#define NAMES \
	{ "host-name", required_argument, NULL, 'i' }, \
	{ "netns", required_argument, NULL, 'n' }

static const struct option add_options[] = {
	{ "bridge", required_argument, NULL, 'b' },
	{ "check", no_argument, NULL, CHECK },
	{ "gateway", required_argument, NULL, 'g' },
	{ "gateway6", required_argument, NULL, GATEWAY6 },
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
	NAMES,
	COMMON
};
static const struct option del_options[] = {
	{ "wait", no_argument, NULL, 'w' },
	NAMES,
	COMMON
};
static const struct option show_options[] = {
	{ "json", no_argument, NULL, 'j' },
	NAMES,
	COMMON
};
static const struct option batch_options[] = {
	{ "keep-going", no_argument, NULL, 'k' },
	COMMON
};
static const struct option no_options[] = { COMMON };

/* Indexed by enum cmdline_verb.  ":": getopt_long reports a missing value. */
static const struct verb {
	const char *name, *shorts;
	const struct option *longs;
} verbs[] = {
	{ "add", ":b:g:H:L:m:M:N:Di:n:hV", add_options },
	{ "del", ":wi:n:hV", del_options },
	{ "show", ":ji:n:hV", show_options },
	{ "batch", ":khV", batch_options },
};

/* set_value - handle an option with a value */
static int
set_value(struct cmdline *cmd, int opt, const char *text, struct errmsg *why)
{
	struct veth_wanted *pair = &cmd->net.pair[0];
	struct addressing *set = &pair->set;

	switch (opt) {
	case 'b':
		return request_bridge(pair, text, why);
	case 'H':
		return request_address(&set->host, AF_UNSPEC, text, why);
	case 'L':
		return request_address(&set->inner, AF_UNSPEC, text, why);
	case HOST6:
		return request_address(&set->host, AF_INET6, text, why);
	case LOCAL6:
		return request_address(&set->inner, AF_INET6, text, why);
	case 'g':
		return request_set_gateway(set, AF_UNSPEC, text, why);
	case GATEWAY6:
		return request_set_gateway(set, AF_INET6, text, why);
	case 'M':
		return request_mtu(set, text, why);
	case 'm':
		return request_mac(set, text, why);
	case 'N':
		return request_peer_name(pair, text, why);
	case 'i':
		cmd->names = true;
		return request_host_name(pair, text, why);
	case PAIR:
		return request_pair(&cmd->net, text, why);
	case MOVE:
		return request_move(&cmd->net, text, why);
	case MACVLAN:
	case IPVLAN:
		return request_child(&cmd->net, opt == IPVLAN, text, why);
	default: /* 'n' */
		cmd->names = true;
		return request_netns(&cmd->net, text, why);
	}
}

/* set_option - handle an option; why only describes an invalid value */
static int
set_option(struct cmdline *cmd, int opt, const char *text, struct errmsg *why)
{
	switch (opt) {
	case 'D': cmd->no_route = true; return 0;
	case 'j': cmd->json = true; return 0;
	case 'k': cmd->keep_going = true; return 0;
	case 'w': cmd->wait = true; return 0;
	case CHECK: cmd->check = true; return 0;
	case NO_PAIR: cmd->net.no_pair = true; return 0;
	case RELEASE: cmd->net.release = true; return 0;
	case 'h': cmd->verb = CMDLINE_HELP; return 0;
	case 'V': cmd->verb = CMDLINE_VERSION; return 0;
	default: return set_value(cmd, opt, text, why);
	}
}

/* refuse_option - describe the option that getopt_long has just refused */
static int
refuse_option(char *argv[], int opt, struct errmsg *why)
{
	const char *what = "unknown option";
	/* With musl this is NULL if the value of a short option is missing. */
	const char *word = argv[optind - 1];

	if (opt == ':')
		what = "option needs a value";
	if (word && !strncmp(word, "--", 2) && word[2])
		return errmsg_set(why, "%s: %s", what, word);
	return errmsg_set(why, "%s: -%c", what, optopt);
}

/* is_info - was --help or --version given? */
static bool
is_info(const struct cmdline *cmd)
{
	return cmd->verb == CMDLINE_HELP || cmd->verb == CMDLINE_VERSION;
}

static const char *
long_name(const struct option *o, int opt)
{
	while (o->name && o->val != opt)
		o++;
	return o->name;
}

/* parse_options - until --help or --version, which make the rest irrelevant */
static int
parse_options(int argc, char *argv[], const struct verb *verb,
    struct cmdline *cmd, struct errmsg *why)
{
	struct errmsg value;
	int opt;

	optind = 0;
	opterr = 0;
	for (;;) {
		opt = getopt_long(argc, argv, verb->shorts, verb->longs, NULL);
		if (opt == -1)
			return 0;
		if (opt == '?' || opt == ':')
			return refuse_option(argv, opt, why);
		if (set_option(cmd, opt, optarg, &value) < 0)
			return errmsg_set(why, "--%s: %s",
			    long_name(verb->longs, opt), value.text);
		if (is_info(cmd))
			return 0;
	}
}

/* parse_name - handle the words after the options, and complete the request */
static int
parse_name(int argc, char *argv[], struct cmdline *cmd, struct errmsg *why)
{
	bool is_batch = cmd->verb == CMDLINE_BATCH;
	bool shows_all = cmd->verb == CMDLINE_SHOW && !cmd->names;

	if (argc > 1)
		return errmsg_set(why, "unexpected argument: %s", argv[1]);
	if (argc > 0 && is_batch)
		return errmsg_set(why, "unexpected argument: %s", argv[0]);
	if (argc == 0 && (is_batch || shows_all))
		return 0;
	if (argc == 0)
		return errmsg_set(why, "%s: container name missing",
		    verbs[cmd->verb].name);
	cmd->name = argv[0];
	if (!name_ok(cmd->name))
		return errmsg_set(why, "invalid container name \"%s\": "
		    NAME_ALLOWED, cmd->name);
	request_names(&cmd->net, cmd->name, cmd->netns);
	return request_validate(&cmd->net, !cmd->no_route, why);
}

/* parse_verb - everything from the verb on */
static int
parse_verb(int argc, char *argv[], struct cmdline *cmd, struct errmsg *why)
{
	size_t n = sizeof(verbs) / sizeof(*verbs), i = 0;

	while (i < n && strcmp(argv[0], verbs[i].name))
		i++;
	if (i == n)
		return errmsg_set(why, "unknown command: %s", argv[0]);
	cmd->verb = (enum cmdline_verb)i;
	if (parse_options(argc, argv, &verbs[i], cmd, why) < 0)
		return -1;
	if (is_info(cmd))
		return 0;
	return parse_name(argc - optind, argv + optind, cmd, why);
}

int
cmdline_read(int argc, char *argv[], struct cmdline *cmd, struct errmsg *why)
{
	static const struct verb none = { "", "+:hV", no_options };

	memset(cmd, 0, sizeof(*cmd));
	request_init(&cmd->net);
	if (parse_options(argc, argv, &none, cmd, why) < 0)
		return -1;
	if (is_info(cmd))
		return 0;
	if (optind == argc)
		return errmsg_set(why, "no command; expected add, del, show, "
		    "batch or wait");
	return parse_verb(argc - optind, argv + optind, cmd, why);
}
