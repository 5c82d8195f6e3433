/* SPDX-License-Identifier: MIT */
/*
 * ctr-conf [OPTION]... VERB [ARGUMENT]...
 *
 * The settings of containers: CONF_DIR/NAME.conf.  lib/conf/settings.h reads
 * them, lib/conf/key.h knows all keys.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/port.h"
#include "base/privilege.h"
#include "conf/args.h"
#include "conf/change.h"
#include "conf/command.h"
#include "conf/effect.h"
#include "conf/hold.h"
#include "conf/hostfile.h"
#include "conf/hosts.h"
#include "conf/inspect.h"
#include "conf/ip.h"
#include "conf/job.h"
#include "conf/keylist.h"
#include "conf/list.h"
#include "conf/pool.h"
#include "conf/reserved.h"
#include "conf/rules.h"
#include "conf/ruleset.h"
#include "conf/settings.h"
#include "conf/take.h"
#include "conf/target.h"
#include "conf/units.h"
#include "conf/users.h"
#include "conf/values.h"
#include "conf/write.h"
#include "net/flow.h"
#include "net/ifname.h"
#include "net/inuse.h"
#include "net/ipv6.h"
#include "net/mac.h"
#include "net/policy.h"
#include "net/served.h"

static struct settings settings;

static void
report(void *ctx, const char *text)
{
	(void)ctx;
	warnx("%s", text);
}

static const struct settings_errors errors = { report, NULL };

static int
open_conf_dir(const struct cli_job *job)
{
	int fd = open(job->conf_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool unused = job->new && job->dry_run && errno == ENOENT;

	if (fd < 0 && !unused)
		err(1, "open %s", job->conf_dir);
	return fd;
}

/* die_why - a path that is too long is a usage error */
static _Noreturn void
die_why(const struct errmsg *why)
{
	if (errno == ENAMETOOLONG)
		errx(EXIT_USAGE, "%s", why->text);
	errx(1, "%s", why->text);
}

/* open_target - of the one container, or the one file */
static void
open_target(struct target *t, const struct cli_job *job)
{
	struct errmsg why = { "" };
	int r;

	if (job->file)
		r = target_file(t, job->file, &why);
	else
		r = target_name(t, job->conf_dir, open_conf_dir(job), job->name,
		    &why);
	if (r < 0)
		die_why(&why);
}

/* host_uses - does the host, or a container that runs, have this address? */
static bool
host_uses(int family, const unsigned char *byte)
{
	static struct inuse_list list;

	if (!list.known && inuse_list(&list) < 0)
		err(1, "read the addresses and routes of the host");
	return inuse_has(&list, family, byte);
}

/* host_serves - the first of these ports that a process serves, or 0 */
static int
host_serves(const struct port *port)
{
	int found = served_find(port);

	if (found < 0)
		err(1, "read the sockets of the host");
	return found;
}

static const struct inspect checks = { &settings, NULL, host_uses, host_serves,
    &errors };

static int
check_verb(const struct cli_job *job)
{
	auto_close int dir = -1;
	struct errmsg why = { "" };
	struct target t;
	int status;

	if (job->file) {
		open_target(&t, job);
		return inspect_target(&checks, job, &t, NULL);
	}
	dir = open_conf_dir(job);
	status = inspect_names(&checks, job, dir, &why);
	if (status < 0)
		die_why(&why);
	return status;
}

static int
get_verb(const struct cli_job *job)
{
	struct target t;
	bool found;

	open_target(&t, job);
	if (settings_read(&settings, t.dir, t.file, t.shown, &errors) < 0) {
		if (errno == EINVAL)
			return EXIT_USAGE;
		return 1;
	}
	if (job->args == 0) {
		values_print_all(&settings, job->null, stdout);
		return 0;
	}
	found = values_print(&settings, job->arg, job->args, job->null, stdout);
	return job->args == 1 && !found;
}

static int
failed(const char *what, const char *path)
{
	warn("%s %s", what, path);
	return 1;
}

/* say_firewall - what a new container's ports and NAT may wait for in vain */
static void
say_firewall(const char *name)
{
	const struct { enum key address; int family; } families[] = {
		{ KEY_LOCAL_ADDRESS, AF_INET }, { KEY_LOCAL_ADDRESS6, AF_INET6 },
	};
	char chain[POLICY_TEXT];

	if (!settings.value[KEY_HOST_PORT] && !settings_on(&settings, KEY_NAT))
		return;
	for (int i = 0; i < 2; i++)
		if (settings.value[families[i].address] &&
		    policy_drops(families[i].family, chain) > 0)
			warnx("%s: the host's firewall drops forwarded packets "
			    "that it does not accept (nftables: %s); see Other "
			    "firewalls in nixos-container(8)", name, chain);
}

/* check_change - what they need of the host; what runs needs less */
static int
check_change(const struct cli_job *job, const struct target *t,
    const struct settings *before)
{
	struct inspect how = checks;

	if (job->effects)
		how.before = before;
	else if (!job->host || !job->name)
		return 0;
	return inspect_host(&how, job, t, job->name);
}

/* write_text - or print it; returns an exit code */
static int
write_text(const struct cli_job *job, const struct target *t,
    const struct change_text *text)
{
	struct errmsg why = { "" };

	if (job->dry_run) {
		fwrite(text->new, 1, text->size, stdout);
		return 0;
	}
	if (text->same && !job->new)
		return 0;
	if (write_file(t->dir, t->file, job->new, text->new, text->size,
	    &why) == 0)
		return 0;
	warnx("%s: %s", t->shown, why.text);
	return 1;
}

/* change_target - read, change, check the whole, write */
static int
change_target(const struct cli_job *job, const struct target *t)
{
	static struct change_text text;
	static struct settings before;
	struct errmsg why = { "" };
	int status;

	if (change_make(&text, t, job, &before, &why) < 0) {
		warnx("%s", why.text);
		return 1;
	}
	if (text.same && !job->new && !job->dry_run && !job->effects)
		return 0;
	if (change_check(&text, &settings, job->from ? job->from : t->shown,
	    job->name, &errors) < 0)
		return EXIT_USAGE;
	status = check_change(job, t, &before);
	if (status != 0)
		return status;
	if (job->host && job->new)
		say_firewall(job->name);
	status = write_text(job, t, &text);
	if (status == 0 && job->effects && !job->dry_run)
		effect_print(&before, &settings, job->change, job->changes,
		    inspect_connected(job->name), stdout);
	return status;
}

static int
set(const struct cli_job *job)
{
	struct hold hold = { .dir = -1, .fd = -1 };
	struct target t;
	int status;

	open_target(&t, job);
	/* If they differ, other machines have the locks, too. */
	hold.keep = strcmp(job->lock_dir, job->run_dir) != 0;
	if (!job->file && !job->dry_run && !job->locked && hold_take(&hold, job->lock_dir,
	    job->name, job->wait_ms) < 0) {
		if (errno == ETIMEDOUT)
			errx(1, "%s: another command is working on it",
			    job->name);
		err(1, "lock %s/%s.lock", job->lock_dir, job->name);
	}
	status = change_target(job, &t);
	hold_drop(&hold);
	return status;
}

static int
set_verb(const struct cli_job *job)
{
	static struct cli_job own;

	if (!job->take)
		return set(job);
	own = *job;
	if (take_harmless(&own, &errors) == 0)
		return set(&own);
	return errno == EINVAL ? EXIT_USAGE : 1;
}

static int
keys_verb(const struct cli_job *job)
{
	if (job->complete)
		keylist_complete(job->complete, stdout);
	else if (job->json)
		keylist_json(stdout);
	else
		keylist_print(stdout);
	return 0;
}

static int
units_verb(const struct cli_job *job)
{
	int changed = -1;
	char *wants;

	if (!job->changed)
		return units_generate(&settings, job->conf_dir, job->arg[0],
		    &errors) < 0;
	wants = units_wants(job->arg[0]);
	if (wants)
		changed = units_changed(&settings, job->conf_dir, job->name,
		    job->arg[0], wants, &errors);
	else
		warn("read what starts at boot");
	free(wants);
	/* 1 says that nothing differs, so no failure is 1. */
	if (changed < 0)
		return EXIT_USAGE;
	return !changed;
}

static int
hosts_verb(const struct cli_job *job)
{
	if (hosts_print(&settings, job->conf_dir, stdout) < 0)
		return failed("read", job->conf_dir);
	return 0;
}

/* read_right - the settings of a container; their errors are an exit status */
static int
read_right(const struct cli_job *job)
{
	struct target t;

	open_target(&t, job);
	return inspect_target(&checks, job, &t, job->name);
}

/* run_command - execute it with the words */
static int
run_command(const struct cli_job *job)
{
	char **argv = command_make(&settings, job);
	int e;

	if (!argv)
		err(EXIT_TOOL, "collect words");
	execvp(argv[0], argv);
	e = errno;
	warn("%s", argv[0]);
	return exits_exec(e);
}

static int
args_verb(const struct cli_job *job)
{
	int status = read_right(job);

	if (status != 0)
		return status;
	if (job->args > 0)
		return run_command(job);
	args_print(&settings, job, job->null ? '\0' : '\n', stdout);
	return 0;
}

/* load_rules - commands for nft; a file that is gone has no elements */
static int
load_rules(const struct cli_job *job)
{
	int r;

	for (int i = 0; i < job->args; i++) {
		FILE *in = fopen(job->arg[i], "re");

		if (!in && errno == ENOENT)
			continue;
		if (!in)
			return failed("open", job->arg[i]);
		r = ruleset_commands(in, job->unload, stdout);
		fclose(in);
		if (r < 0)
			return failed("read", job->arg[i]);
	}
	return 0;
}

static int
rules_verb(const struct cli_job *job)
{
	char ifname[IFNAMSIZ];
	const struct rules_links links = { job->name, ifname, mac_inner,
	    ifname_link };
	struct target t;
	int status;

	if (job->load || job->unload)
		return load_rules(job);
	open_target(&t, job);
	status = inspect_target(&checks, job, &t, job->name);
	if (status == 0)
		status = inspect_claims(&checks, job, &t, job->name);
	if (status != 0)
		return status;
	ifname_link(job->name, ifname);
	rules_print(&settings, &links, stdout);
	return 0;
}

/* read_flow_word - read an address or a port for flush; -1: it is neither */
static int
read_flow_word(const char *word, struct flow_address *address,
    struct port *port, struct flow_wanted *wanted, const char **expected)
{
	int family = strchr(word, ':') ? AF_INET6 : AF_INET;
	struct ip ip;

	if (!strchr(word, '/') && ip_parse(word, family, &ip) == 0) {
		address[wanted->addresses].family = family;
		memcpy(address[wanted->addresses++].byte, ip.byte,
		    sizeof(ip.byte));
		return 0;
	}
	if (port_parse(word, &port[wanted->ports], expected) < 0)
		return -1;
	wanted->ports++;
	return 0;
}

/* flush_verb - all words are read before a flow is forgotten */
static int
flush_verb(const struct cli_job *job)
{
	size_t n = (size_t)job->args;
	struct port *port = calloc(n, sizeof(*port));
	struct flow_address *address = calloc(n, sizeof(*address));
	struct flow_wanted wanted = { .port = port, .address = address,
	    .plain = job->plain };
	const char *expected;
	int status = 0;

	if (!port || !address)
		errx(1, "flush: out of memory");
	for (int i = 0; i < job->args; i++)
		if (read_flow_word(job->arg[i], address, port, &wanted,
		    &expected) < 0)
			errx(EXIT_USAGE, "flush: invalid port or address \"%s\" "
			    "(expected ADDRESS or %s)", job->arg[i], expected);
	if (flow_forget(&wanted) < 0) {
		warn("flush: connection tracking");
		status = 1;
	}
	free(port);
	free(address);
	return status;
}

/* list_verb - and show, which is a list of one in another form */
static int
list_verb(const struct cli_job *job)
{
	static char buf[1 << 16];
	struct errmsg why = { "" };

	(void)setvbuf(stdout, buf, _IOFBF, sizeof(buf)); /* else slower */
	if (list_print(job, stdout, &why) < 0)
		errx(1, "%s", why.text);
	return 0;
}

static void
take(int family, const unsigned char *byte, int prefix, void *arg)
{
	struct pool *pool = arg;

	for (int i = 0; i < POOLS; i++)
		pool_take(&pool[i], family, byte, prefix);
}

static void
print_address(int family, const void *byte, void *arg)
{
	char text[INET6_ADDRSTRLEN];

	(void)arg;
	puts(inet_ntop(family, byte, text, sizeof(text)));
}

/* set_pools - of the host's settings, or the defaults; returns an exit code */
static int
set_pools(const struct cli_job *job, struct pool pool[POOLS])
{
	static const struct ip ipv4 = { AF_INET, 16, { 10, 233 } };
	struct ip ipv6 = { .family = AF_INET6, .prefix = 64 };
	struct hostfile host;

	if (hostfile_read(&host, job->host_conf, &errors) < 0)
		return errno == EINVAL ? EXIT_USAGE : 1;
	pool_begin(&pool[POOL_IPV4],
	    host.pool[POOL_IPV4].family ? &host.pool[POOL_IPV4] : &ipv4);
	/* Without IPv6 on the host, a pair of it would keep its container down. */
	if (!ipv6_enabled())
		return 0;
	if (host.pool[POOL_IPV6].family)
		pool_begin(&pool[POOL_IPV6], &host.pool[POOL_IPV6]);
	else if (ipv6_unique_local(ipv6.byte) == 0)
		pool_begin(&pool[POOL_IPV6], &ipv6);
	return 0;
}

/* print_pair - as settings */
static void
print_pair(const struct pool *pool, int pair)
{
	static const char *const keys[] = { "HOST_ADDRESS", "LOCAL_ADDRESS" };
	const char *suffix = pool->net.family == AF_INET6 ? "6" : "";
	char text[POOL_TEXT];

	for (int end = 0; pair >= 0 && end < 2; end++)
		printf("%s%s=%s\n", keys[end], suffix,
		    pool_address(pool, pair, end, text));
}

static int
address_verb(const struct cli_job *job)
{
	static struct pool pool[POOLS];
	const struct pool *full;
	char text[POOL_TEXT];
	int pair[POOLS], status;

	if (job->of_host) {
		if (inuse_own(print_address, NULL) < 0)
			err(1, "read the addresses of the host");
		return 0;
	}
	status = set_pools(job, pool);
	if (status != 0)
		return status;
	if (reserved_read(pool, job->conf_dir, &errors) < 0)
		return failed("read", job->conf_dir);
	if (inuse_read(take, pool) < 0)
		err(1, "read the addresses and routes of the host");
	full = pool_find(pool, pair);
	if (full)
		errx(1, "no free pair of addresses in %s",
		    pool_name(full, text));
	for (int i = 0; i < POOLS; i++)
		print_pair(&pool[i], pair[i]);
	return 0;
}

static int
users_verb(const struct cli_job *job)
{
	const struct users_source from = { job->root, job->conf_dir,
	    job->trees };
	struct errmsg why = { "" };
	unsigned long base;

	if (users_find(&from, &base, &why) < 0)
		errx(1, "%s", why.text);
	if (base == 0)
		puts("pick");
	else
		printf("%lu\n", base);
	return 0;
}

static const struct cli_verb verbs[] = {
	{ "check", "[--no-host] NAME...\n[--no-host] --all\n--file FILE",
	    JOB_FILE JOB_ALL JOB_NO_HOST JOB_ROOT,
	    "validate settings, and what they need of the host",
	    check_verb, 0, INT_MAX, false },
	{ "get", "[-0] NAME [KEY]...\n[-0] --file FILE [KEY]...",
	    JOB_FILE JOB_NULL,
	    "print values, or all that are set as KEY=VALUE",
	    get_verb, 0, INT_MAX, false },
	{ "set", "[--new [--take FILE]] [--dry-run] [--host]\n"
	    " [--effects] [--locked] NAME [KEY=VALUE]...\n"
	    " [--unset KEY]...\n"
	    "[--new [--take FILE]] [--dry-run] --file FILE\n"
	    " [KEY=VALUE]... [--unset KEY]...\n"
	    "[--effects] [--locked] --from FILE NAME",
	    JOB_FILE JOB_SET JOB_ROOT,
	    "change settings; an empty value is as --unset",
	    set_verb, 0, INT_MAX, false },
	{ "keys", "[--json|--complete WORD]", JOB_KEYS,
	    "print all keys with their types, defaults and meaning",
	    keys_verb, 0, 0, false },
	{ "units", "DIR [EARLY LATE]\n--changed NAME [DIR]", JOB_CHANGED,
	    "write drop-ins of units, as a generator of systemd",
	    units_verb, 1, 3, false },
	{ "hosts", "", "",
	    "print all addresses as a hosts file",
	    hosts_verb, 0, 0, false },
	{ "args", "[-0] [--network|--sealed] NAME\n"
	    "[--network|--sealed] NAME -- COMMAND\n"
	    " [ARGUMENT]... [{}] [ARGUMENT]...",
	    JOB_NULL JOB_WORDS,
	    "print the words for systemd-nspawn, or run a command with them\n"
	    "in place of {}",
	    args_verb, 1, INT_MAX, false },
	{ "rules", "NAME\n--load|--unload [FILE]...", JOB_RULES,
	    "print its ports and NAT as elements for nft, or commands of\n"
	    "such elements",
	    rules_verb, 0, INT_MAX, false },
	{ "flush", "[--plain] PORT|ADDRESS...", JOB_PLAIN,
	    "forget the flows to ports of the host and those of addresses",
	    flush_verb, 1, INT_MAX, false },
	{ "list", "[--long|--json|--dot] [--needing NAME]\n [NAME...]",
	    JOB_FORM JOB_JSON JOB_STATUS,
	    "print all containers, or these",
	    list_verb, 0, INT_MAX, false },
	{ "show", "[--json] NAME...", JOB_JSON JOB_STATUS,
	    "print what is known of containers",
	    list_verb, 1, INT_MAX, false },
	{ "address", "[--of-host]", JOB_OF_HOST,
	    "print a free pair of addresses of each family as settings",
	    address_verb, 0, 0, false },
	{ "users", "", JOB_ROOT "t",
	    "print PRIVATE_USERS for a new container",
	    users_verb, 0, 0, false },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-conf", .verbs = verbs,
    .options = job_options, .common = JOB_COMMON };

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job;
	struct errmsg why = { "" };
	int answer, status;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	answer = job_read(&cli, argv, &reader, &job, &why);
	if (answer < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(1, "write the output");
		return 0;
	}
	/* What a container's command may do is for others to say. */
	if ((job.verb->run != args_verb || job.args == 0) &&
	    privilege_no_new() < 0)
		err(1, "give up new privileges");
	status = job.verb->run(&job);
	/* The first line may have been written, and failed, before. */
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "write the output");
	return status;
}
