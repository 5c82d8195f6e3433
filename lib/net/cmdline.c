/* SPDX-License-Identifier: MIT */
/* cmdline.c - the command line of mkveth, and the lines of a batch */
#include "net/cmdline.h"

#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "net/netns.h"
#include "net/request.h"

const struct cli_option cmdline_options[] = {
	{ 'H', "host-address", "ADDRESS[/PREFIX]", "address of the host's end",
	    true },
	{ 'L', "local-address", "ADDRESS[/PREFIX]",
	    "address of the container's end", true },
	{ '1', "host-address6", "ADDRESS[/PREFIX]", "as -H, but IPv6 only",
	    false },
	{ '2', "local-address6", "ADDRESS[/PREFIX]", "as -L, but IPv6 only",
	    false },
	{ 'g', "gateway", "GATEWAY", "default gateway (the host's address)",
	    true },
	{ '6', "gateway6", "GATEWAY", "as -g, but IPv6 only", false },
	{ 'D', "no-default-route", NULL, "set no default route", true },
	{ 'b', "bridge", "BRIDGE", "put the host's end on a bridge", true },
	{ 'M', "mtu", "MTU", "MTU of both ends", true },
	{ 'm', "mac", "MAC", "MAC of the container's end", true },
	{ 'N', "name", "IFNAME", "name of the container's end (eth0)", true },
	{ 'i', "host-name", "IFNAME", "name of the host's end (c-NAME)", true },
	{ 'p', "pair", "NAME[:KEY=VALUE,...]",
	    "extra pair, NAME on both ends; KEY:\n"
	    "host, local, bridge, mac, mtu", false },
	{ 'v', "move", "IFNAME",
	    "move a host interface in; del moves it\nback", false },
	{ 'c', "macvlan", "IFNAME[:NAME[:MODE]]",
	    "create a macvlan on IFNAME", false },
	{ 'l', "ipvlan", "IFNAME[:NAME[:MODE]]", "create an ipvlan on IFNAME",
	    false },
	{ 'P', "no-pair", NULL, "create no pair but extra ones", false },
	{ 'r', "release", NULL,
	    "when done, wake mkveth wait in the\nnamespace", false },
	{ 't', "check", NULL, "validate only", false },
	{ 'n', "netns", "NETNS",
	    "a name in " NETNS_DIR " (net-NAME), a\npath, or pid:N", true },
	{ 'w', "wait", NULL, "wait until the links are removed", true },
	{ 'j', "json", NULL, "print JSON", true },
	{ 'k', "keep-going", NULL, "continue after a line that failed", true },
	{ 0 },
};

/* set_value - store an option with a value; why only describes the value */
static int
set_value(struct cli_job *job, int key, const char *text, struct errmsg *why)
{
	struct veth_wanted *pair = &job->net.pair[0];
	struct addressing *set = &pair->set;

	switch (key) {
	case 'b':
		return request_bridge(pair, text, why);
	case 'H':
		return request_address(&set->host, AF_UNSPEC, text, why);
	case 'L':
		return request_address(&set->inner, AF_UNSPEC, text, why);
	case '1':
		return request_address(&set->host, AF_INET6, text, why);
	case '2':
		return request_address(&set->inner, AF_INET6, text, why);
	case 'g':
		return request_set_gateway(set, AF_UNSPEC, text, why);
	case '6':
		return request_set_gateway(set, AF_INET6, text, why);
	case 'M':
		return request_mtu(set, text, why);
	case 'm':
		return request_mac(set, text, why);
	case 'N':
		return request_peer_name(pair, text, why);
	case 'i':
		job->names = true;
		return request_host_name(pair, text, why);
	case 'p':
		return request_pair(&job->net, text, why);
	case 'v':
		return request_move(&job->net, text, why);
	case 'c':
	case 'l':
		return request_child(&job->net, key == 'l', text, why);
	case 'n':
		job->names = true;
		return request_netns(&job->net, text, why);
	}
	return errmsg_set(why, "option without a meaning: %c", key);
}

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	struct errmsg value;

	switch (r->option->key) {
	case 'D': job->no_route = true; return 0;
	case 'j': job->json = true; return 0;
	case 'k': job->keep_going = true; return 0;
	case 'w': job->wait = true; return 0;
	case 't': job->check = true; return 0;
	case 'P': job->net.no_pair = true; return 0;
	case 'r': job->net.release = true; return 0;
	}
	if (set_value(job, r->option->key, r->value, &value) < 0)
		return errmsg_set(why, "--%s: %s", r->option->name, value.text);
	return 0;
}

/* set_name - the container, if one is given; then complete the request */
static int
set_name(struct cli_job *job, const char *name, struct errmsg *why)
{
	if (!name && job->names)
		return errmsg_set(why, "%s: missing argument; see --help",
		    job->verb->name);
	if (!name)
		return 0;
	job->name = name;
	if (!name_ok(name))
		return errmsg_set(why, "invalid container name \"%s\": "
		    NAME_ALLOWED, name);
	request_names(&job->net, name, job->netns);
	return request_validate(&job->net, !job->no_route, why);
}

int
cmdline_read(const struct cli *cli, char *argv[], struct cli_reader *r,
    struct cli_job *job, struct errmsg *why)
{
	int answer;

	memset(job, 0, sizeof(*job));
	request_init(&job->net);
	answer = cli_read(r, cli, argv, set_option, job, why);
	if (answer != 0)
		return answer;
	job->verb = r->verb;
	if (r->verb->command > 0) {
		job->command = r->operand;
		return 0;
	}
	return set_name(job, r->operand[0], why);
}
