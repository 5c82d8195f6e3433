/* SPDX-License-Identifier: MIT */
/*
 * mkveth add|del|show|batch [option ...] [NAME]
 *
 * The network of a container: a namespace, veth pairs, their addresses and
 * routes, in one process over rtnetlink.  lib/net/cmdline.c parses the request,
 * lib/net/network.c carries it out, lib/net/show.c prints the result.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fd.h"
#include "base/name.h"
#include "base/privilege.h"
#include "net/cmdline.h"
#include "net/lock.h"
#include "net/netns.h"
#include "net/ready.h"
#include "net/request.h"
#include "net/show.h"
#include "net/words.h"

enum { WAIT_MS = 30000 };

static const char help[] =
"usage: mkveth add [-D] [-b BRIDGE] [--check] [-g GATEWAY]...\n"
"                  [-H ADDRESS]... [-i IFNAME] [-L ADDRESS]... [-M MTU]\n"
"                  [-m MAC] [-N IFNAME] [-n NETNS] [--no-pair]\n"
"                  [--move IFNAME]... [--release]\n"
"                  [--macvlan|--ipvlan IFNAME[:NAME[:MODE]]]...\n"
"                  [--pair NAME[:KEY=VALUE,...]]... NAME\n"
"       mkveth del [-w] [-i IFNAME] [-n NETNS] NAME\n"
"       mkveth show [-j] [-i IFNAME] [-n NETNS] [NAME]\n"
"       mkveth batch [-k] <LINES\n"
"       mkveth wait [--] COMMAND [ARGUMENT]...\n"
"\n"
"  -H, --host-address ADDRESS[/PREFIX]   address of the host's end\n"
"  -L, --local-address ADDRESS[/PREFIX]  address of the container's end\n"
"      --host-address6, --local-address6 ADDRESS[/PREFIX]  IPv6 only\n"
"  -g, --gateway ADDRESS       default gateway (default: the host's address)\n"
"      --gateway6 ADDRESS      the same, IPv6 only\n"
"  -D, --no-default-route      set no default route\n"
"  -b, --bridge BRIDGE         put the host's end on a bridge\n"
"  -M, --mtu N                 MTU of both ends\n"
"  -m, --mac MAC               MAC of the container's end\n"
"  -N, --name IFNAME           the container's end (default eth0)\n"
"  -i, --host-name IFNAME      the host's end (default c-NAME)\n"
"      --pair NAME[:KEY=VALUE,...]       extra pair, NAME on both ends;\n"
"                              KEY: host, local, bridge, mac, mtu\n"
"      --move IFNAME           move a host interface in; del moves it back\n"
"      --macvlan IFNAME[:NAME[:MODE]]    create a macvlan on IFNAME\n"
"      --ipvlan IFNAME[:NAME[:MODE]]     create an ipvlan on IFNAME\n"
"      --no-pair               create no pair but extra ones\n"
"      --release               when done, wake mkveth wait in the namespace\n"
"      --check                 validate only\n"
"  -n, --netns NETNS           a name in " NETNS_DIR " (default net-NAME),\n"
"                              a path, or pid:N\n"
"  -w, --wait                  wait until the links are removed\n"
"  -j, --json                  print JSON\n"
"  -k, --keep-going            continue after a line that failed\n"
"  -h, --help                  print this help\n"
"  -V, --version               print the version\n";

enum {
	LINE = 4096,		/* bytes in a line of a batch */
	WORDS = 128,		/* words in a line */
	LINES = 16 << 20,	/* bytes in a batch */
};

/*
 * open_ns - open a namespace given by path or pid
 *
 * Done before capabilities are dropped: it may be that of another user.
 */
static int
open_ns(struct cmdline *cmd, struct errmsg *why)
{
	struct network *net = &cmd->net;

	if (!cmd->name || netns_is_name(net->netns))
		return 0;
	net->ns = netns_open(net->netns);
	if (net->ns < 0 && cmd->verb != CMDLINE_DEL)
		return errmsg_errno(why, "network namespace %s", net->netns);
	return 0;
}

static void
drop_caps(bool batch)
{
	/* A batch opens the namespaces of processes only after this. */
	static const cap_value_t need[] = { CAP_NET_ADMIN, CAP_SYS_ADMIN,
	    CAP_SYS_PTRACE };
	const char *missing;

	if ((batch && privilege_only(need, 3, &missing) == 0) ||
	    privilege_only(need, 2, &missing) == 0)
		return;
	if (missing)
		errx(1, "needs the capability %s", missing);
	err(1, "drop capabilities");
}

/* change - add or del, under the lock of the container */
static int
change(struct network_host *host, const struct cmdline *cmd, struct errmsg *why)
{
	auto_close int lock = lock_name(cmd->name);

	if (lock < 0)
		return errmsg_errno(why, "lock %s", LOCK_FILE);
	if (cmd->verb == CMDLINE_ADD)
		return network_add(host, &cmd->net, why);
	return network_del(host, &cmd->net, cmd->wait, why);
}

static const char *
verb_name(const struct cmdline *cmd)
{
	static const char *const names[] = { "add", "del", "show" };

	return names[cmd->verb];
}

static int
do_change(struct cmdline *cmd)
{
	struct network_host host;
	struct errmsg why = { "" };

	if (network_open(&host, &why) < 0 || change(&host, cmd, &why) < 0)
		errx(1, "%s %s: %s", verb_name(cmd), cmd->name, why.text);
	return 0;
}

/* read_lines - read standard input as a string */
static char *
read_lines(void)
{
	size_t size = 65536, len = 0;
	char *text = NULL;
	ssize_t n;

	do {
		size *= 2;
		text = realloc(text, size);
		if (!text)
			errx(1, "batch: out of memory");
		n = fd_read_max(STDIN_FILENO, text + len, size - 1 - len);
		if (n < 0)
			err(1, "batch: read");
		len += (size_t)n;
		if (len > LINES)
			errx(EXIT_USAGE, "batch: input larger than 16 MiB");
		if (memchr(text, '\0', len))
			errx(EXIT_USAGE, "batch: input contains a zero byte");
	} while (len == size - 1);
	text[len] = '\0';
	return text;
}

/*
 * next_line - parse the next line of a batch, in buf
 *
 * Returns whether there is anything to do; cmd then points into buf.
 */
static bool
next_line(const char **text, int line, char buf[LINE], struct cmdline *cmd)
{
	char *word[WORDS + 2] = { buf };
	size_t len = strcspn(*text, "\n");
	struct errmsg why = { "" };
	int n;

	if (len >= LINE)
		errx(EXIT_USAGE, "line %d: longer than %d bytes", line,
		    LINE - 1);
	memcpy(buf, *text, len);
	buf[len] = '\0';
	*text += len + ((*text)[len] == '\n');
	n = words_split(buf, word + 1, WORDS, &why);
	if (n == 0)
		return false;
	if (n < 0 || cmdline_read(n + 1, word, cmd, &why) < 0)
		errx(EXIT_USAGE, "line %d: %s", line, why.text);
	if (cmd->verb != CMDLINE_ADD && cmd->verb != CMDLINE_DEL)
		errx(EXIT_USAGE, "line %d: not add or del: %s", line,
		    word[1]);
	return !cmd->check;
}

/* do_line - carry out a line of a batch; returns 0, or 1 after a message */
static int
do_line(struct network_host *host, int line, struct cmdline *cmd)
{
	struct errmsg why = { "" };
	int status = 0;

	if (open_ns(cmd, &why) < 0 || change(host, cmd, &why) < 0) {
		warnx("line %d: %s %s: %s", line, verb_name(cmd), cmd->name,
		    why.text);
		status = 1;
	}
	if (cmd->net.ns >= 0)
		close(cmd->net.ns);
	return status;
}

static int
do_batch(const struct cmdline *batch)
{
	char *all = read_lines(), buf[LINE];
	const char *text = all;
	struct network_host host;
	struct cmdline cmd;
	struct errmsg why = { "" };
	int status = 0;

	/* Check every line before any is carried out. */
	for (int i = 1; *text; i++)
		(void)next_line(&text, i, buf, &cmd);
	if (network_open(&host, &why) < 0)
		errx(1, "batch: %s", why.text);
	text = all;
	for (int i = 1; *text && (!status || batch->keep_going); i++)
		if (next_line(&text, i, buf, &cmd))
			status |= do_line(&host, i, &cmd);
	free(all);
	return status;
}

/* is_netns - is it a namespace that mkveth names like that? */
static int
is_netns(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "net-", 4) && name_ok(entry->d_name + 4);
}

/* show_one - returns as show_network, after printing the error */
static int
show_one(struct show *show, const struct network *net)
{
	struct errmsg why = { "" };
	int r = show_network(show, net, &why);

	if (r < 0)
		warnx("show %s: %s", net->name, why.text);
	return r;
}

/* show_all - by the names of namespaces, which is faster than all links */
static int
show_all(struct show *show)
{
	struct dirent **list;
	int n = scandir(NETNS_DIR, &list, is_netns, alphasort), status = 0;

	if (n < 0 && errno != ENOENT)
		err(1, "show: %s", NETNS_DIR);
	for (int i = 0; i < n; i++) {
		struct network net;
		char netns[IFNAME_ALT_SIZE];

		request_init(&net);
		request_names(&net, list[i]->d_name + 4, netns);
		if (show_one(show, &net) < 0)
			status = 1;
	}
	return status;
}

/* show_named - show one container, which must have a network */
static int
show_named(struct show *show, const struct network *net)
{
	int r = show_one(show, net);

	if (r == 0)
		warnx("show %s: no such network", net->name);
	return r != 1;
}

static int
do_show(const struct cmdline *cmd)
{
	struct show show = { .out = stdout, .json = cmd->json };
	int status;

	if (nl_open(&show.host) < 0)
		err(1, "show: netlink socket");
	if (cmd->json)
		putchar('[');
	if (cmd->name)
		status = show_named(&show, &cmd->net);
	else
		status = show_all(&show);
	if (cmd->json)
		puts("]");
	if (fflush(stdout) != 0)
		err(1, "show: write");
	return status;
}

/* do_wait - run command once the network of this namespace is complete */
static _Noreturn void
do_wait(char *argv[])
{
	if (*argv && !strcmp(*argv, "--"))
		argv++;
	else if (*argv && **argv == '-')
		errx(EXIT_TOOL, "wait: unknown option: %s", *argv);
	if (!*argv)
		errx(EXIT_TOOL, "wait: no command");
	if (ready_wait(WAIT_MS) < 0)
		err(EXIT_TOOL, "wait for the network");
	execvp(*argv, argv);
	err(errno == ENOENT ? EXIT_NOCMD : EXIT_NOEXEC, "exec %s", *argv);
}

int
main(int argc, char *argv[])
{
	struct cmdline cmd;
	struct errmsg why = { "" };
	bool waits = argc > 1 && !strcmp(argv[1], "wait");

	if (privilege_refuse_setuid() < 0)
		errx(waits ? EXIT_TOOL : EXIT_USAGE, PRIVILEGE_SETUID);
	if (waits)
		do_wait(argv + 2);
	if (privilege_no_new() < 0)
		err(1, "set no_new_privs");
	if (cmdline_read(argc, argv, &cmd, &why) < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (cmd.verb == CMDLINE_HELP)
		return fputs(help, stdout) < 0 || fflush(stdout) != 0;
	if (cmd.verb == CMDLINE_VERSION)
		return puts(VERSION) < 0 || fflush(stdout) != 0;
	if (cmd.check)
		return 0;
	if (open_ns(&cmd, &why) < 0)
		errx(1, "%s %s: %s", verb_name(&cmd), cmd.name, why.text);
	drop_caps(cmd.verb == CMDLINE_BATCH);
	switch (cmd.verb) {
	case CMDLINE_SHOW: return do_show(&cmd);
	case CMDLINE_BATCH: return do_batch(&cmd);
	default: return do_change(&cmd);
	}
}
