/* SPDX-License-Identifier: MIT */
/*
 * mkveth add|del|show|batch [option ...] [NAME]
 *
 * The network of a container: a namespace, a veth pair, and all that is set
 * on its two ends, in one process over rtnetlink.  lib/net/cmdline.c reads what
 * is asked, lib/net/network.c does it; here is what is told.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/cmdline.h"
#include "base/privilege.h"
#include "base/exits.h"
#include "base/fd.h"
#include "net/lock.h"
#include "base/name.h"
#include "net/netns.h"
#include "net/show.h"
#include "net/ready.h"
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
"  -H, --host-address ADDRESS[/PREFIX]   give the host's end an address\n"
"  -L, --local-address ADDRESS[/PREFIX]  give the container's end one\n"
"      --host-address6, --local-address6 ADDRESS[/PREFIX]  IPv6 only\n"
"  -g, --gateway ADDRESS       default gateway, if not the host's address\n"
"      --gateway6 ADDRESS      the same, IPv6 only\n"
"  -D, --no-default-route      set no default route\n"
"  -b, --bridge BRIDGE         put the host's end on a bridge\n"
"  -M, --mtu N                 MTU of both ends\n"
"  -m, --mac MAC               MAC of the container's end\n"
"  -N, --name IFNAME           the container's end (default eth0)\n"
"  -i, --host-name IFNAME      the host's end (default c-NAME)\n"
"      --pair NAME[:KEY=VALUE,...]       one pair more, NAME on both ends;\n"
"                              KEY: host, local, bridge, mac, mtu\n"
"      --move IFNAME           move it in; del brings it back\n"
"      --macvlan IFNAME[:NAME[:MODE]]    make one on it, inside\n"
"      --ipvlan IFNAME[:NAME[:MODE]]     the same\n"
"      --no-pair               make no pair\n"
"      --release               let go mkveth wait there, when all is done\n"
"      --check                 do nothing: is what is asked for right?\n"
"  -n, --netns NETNS           a name in " NETNS_DIR " (default net-NAME),\n"
"                              a path, or pid:N\n"
"  -w, --wait                  until the kernel has removed all, too\n"
"  -j, --json                  print JSON\n"
"  -k, --keep-going            go on after a line that failed\n"
"  -h, --help                  print this\n"
"  -V, --version               print the version\n";

enum {
	LINE = 4096,		/* bytes of a line of a batch */
	WORDS = 128,		/* and its words */
	LINES = 16 << 20,	/* bytes of all of them */
};

/*
 * open_ns - open a namespace given by path or pid
 *
 * Before capabilities are dropped: it may be one of another user's process.
 */
static int
open_ns(struct cmdline *ask, struct errmsg *why)
{
	struct network *net = &ask->net;

	if (!ask->name || netns_is_name(net->netns))
		return 0;
	net->ns = netns_open(net->netns);
	if (net->ns < 0 && ask->verb != CMDLINE_DEL)
		return errmsg_errno(why, "network namespace %s", net->netns);
	return 0;
}

static void
drop_caps(bool batch)
{
	/* Lines of a batch may name processes, and are read after this. */
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

/* change - add or del, alone with this container */
static int
change(struct network_host *host, const struct cmdline *ask, struct errmsg *why)
{
	auto_close int lock = lock_name(ask->name);

	if (lock < 0)
		return errmsg_errno(why, "lock %s", LOCK_FILE);
	if (ask->verb == CMDLINE_ADD)
		return network_add(host, &ask->net, why);
	return network_del(host, &ask->net, ask->wait, why);
}

static const char *
verb_name(const struct cmdline *ask)
{
	static const char *const names[] = { "add", "del", "show" };

	return names[ask->verb];
}

static int
do_change(struct cmdline *ask)
{
	struct network_host host;
	struct errmsg why = { "" };

	if (network_open(&host, &why) < 0 || change(&host, ask, &why) < 0)
		errx(1, "%s %s: %s", verb_name(ask), ask->name, why.text);
	return 0;
}

/* lines - all of standard input, ended with a zero */
static char *
lines(void)
{
	size_t size = 65536, len = 0;
	char *text = NULL, *more;
	ssize_t n;

	do {
		if (!(more = realloc(text, size *= 2)))
			err(1, "batch: memory for its lines");
		text = more;
		n = fd_read_max(STDIN_FILENO, text + len, size - 1 - len);
		if (n < 0)
			err(1, "batch: read");
		len += (size_t)n;
		if (len > LINES || memchr(text, '\0', len))
			errx(EXIT_USAGE, "batch: %s", len > LINES ?
			    "more than 16 MiB" : "a zero byte");
	} while (len == size - 1);
	text[len] = '\0';
	return text;
}

/*
 * read_line - the next line of a batch, by way of buf
 *
 * Returns whether it asks for something; ask then points into buf.
 */
static bool
read_line(const char **text, int line, char buf[LINE], struct cmdline *ask)
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
	if ((n = words_split(buf, word + 1, WORDS, &why)) < 0 ||
	    (n > 0 && cmdline_read(n + 1, word, ask, &why) < 0))
		errx(EXIT_USAGE, "line %d: %s", line, why.text);
	if (n > 0 && ask->verb != CMDLINE_ADD && ask->verb != CMDLINE_DEL)
		errx(EXIT_USAGE, "line %d: a batch adds and deletes only: %s",
		    line, word[1]);
	return n > 0 && !ask->check;
}

static int
do_batch(struct cmdline *batch)
{
	char *all = lines(), buf[LINE];
	const char *text = all;
	struct network_host host;
	struct cmdline ask;
	struct errmsg why = { "" };
	int status = 0;

	/* What is wrong in one line is told before another is done. */
	for (int i = 1; *text; i++)
		(void)read_line(&text, i, buf, &ask);
	if (network_open(&host, &why) < 0)
		errx(1, "batch: %s", why.text);
	text = all;
	for (int i = 1; *text && (!status || batch->keep_going); i++) {
		if (!read_line(&text, i, buf, &ask))
			continue;
		if (open_ns(&ask, &why) < 0 || change(&host, &ask, &why) < 0) {
			warnx("line %d: %s %s: %s", i, verb_name(&ask),
			    ask.name, why.text);
			status = 1;
		}
		if (ask.net.ns >= 0)
			close(ask.net.ns);
	}
	free(all);
	return status;
}

/* What is to be shown, and how. */
struct show {
	struct nl nl;
	const struct network *net;
	int ns;
	bool json;
	int n;			/* shown so far */
};

/* show_pair - 1: shown, 0: there is none, -1: failed, and told */
static int
show_pair(struct show *show, const struct pair *pair, bool *more)
{
	const struct network *net = show->net;
	struct pair_state state;
	struct errmsg why = { "" };

	if (pair_read(&show->nl, pair, show->ns, &state, &why) < 0) {
		if (errno == ENODEV)
			return 0;
		warnx("show %s: %s", net->name, why.text);
		return -1;
	}
	*more = state.host.more;
	if (show->json)
		show_json(stdout, show->n++, net->name, net->netns, &state);
	else
		show_lines(stdout, net->name, net->netns, &state);
	return 1;
}

/* show_guests - returns as show_pair */
static int
show_guests(struct show *show)
{
	const struct network *net = show->net;
	struct nic_list list;
	struct errmsg why = { "" };

	if (nic_load(net->name, &list, &why) < 0) {
		warnx("show %s: %s", net->name, why.text);
		return -1;
	}
	for (int i = 0; i < list.n; i++)
		if (show->json)
			show_guest_json(stdout, show->n++, net->name,
			    net->netns, &list.mark[i]);
		else
			show_guest(stdout, net->name, net->netns,
			    &list.mark[i]);
	return list.n > 0;
}

/* show_one - all of a container; returns as show_pair */
static int
show_one(struct show *show, const struct network *net)
{
	auto_close int mine = net->ns < 0 ? netns_open(net->netns) : -1;
	bool more = true, any;
	int r, s;

	show->net = net;
	show->ns = net->ns < 0 ? mine : net->ns;
	r = show_pair(show, &net->pair[0], &more);
	for (int k = 0; r >= 0 && more && k < NETWORK_MORE; k++) {
		struct pair pair = { .host = "" };

		network_more(net->name, k, pair.alt);
		s = show_pair(show, &pair, &any);
		r = s < 0 ? -1 : r | s;
	}
	s = show_guests(show);
	return r < 0 || s < 0 ? -1 : r | s;
}

static int
has_net(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "net-", 4) && name_ok(entry->d_name + 4);
}

/* show_all - by the names of the namespaces: to list all links takes longer */
static int
show_all(struct show *show)
{
	struct dirent **list;
	int n = scandir(NETNS_DIR, &list, has_net, alphasort), status = 0;

	if (n < 0 && errno != ENOENT)
		err(1, "show: %s", NETNS_DIR);
	for (int i = 0; i < n; i++) {
		struct network net;
		char netns[IFNAME_ALT_SIZE];

		request_init(&net);
		request_names(&net, list[i]->d_name + 4, netns);
		status |= show_one(show, &net) < 0;
	}
	return status;
}

static int
do_show(struct cmdline *ask)
{
	struct show show = { .json = ask->json };
	int status;

	if (nl_open(&show.nl) < 0)
		err(1, "show: netlink socket");
	if (ask->json)
		putchar('[');
	if (ask->name) {
		status = show_one(&show, &ask->net);
		if (status == 0)
			warnx("show %s: no network of that name", ask->name);
		status = status != 1;
	} else {
		status = show_all(&show);
	}
	if (ask->json)
		puts("]");
	if (fflush(stdout) != 0)
		err(1, "show: write");
	return status;
}

/* do_wait - become command when the network that we are in is complete */
static _Noreturn void
do_wait(char *argv[])
{
	if (*argv && !strcmp(*argv, "--"))
		argv++;
	else if (*argv && **argv == '-')
		errx(EXIT_TOOL, "wait: not an option here: %s", *argv);
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
	struct cmdline ask;
	struct errmsg why = { "" };
	bool waits = argc > 1 && !strcmp(argv[1], "wait");

	if (privilege_refuse_setuid() < 0)
		errx(waits ? EXIT_TOOL : EXIT_USAGE, PRIVILEGE_SETUID);
	if (waits)
		do_wait(argv + 2);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	if (cmdline_read(argc, argv, &ask, &why) < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (ask.verb == CMDLINE_HELP)
		return fputs(help, stdout) < 0 || fflush(stdout) != 0;
	if (ask.verb == CMDLINE_VERSION)
		return puts(VERSION) < 0 || fflush(stdout) != 0;
	if (ask.check)
		return 0;
	if (open_ns(&ask, &why) < 0)
		errx(1, "%s %s: %s", verb_name(&ask), ask.name, why.text);
	drop_caps(ask.verb == CMDLINE_BATCH);
	switch (ask.verb) {
	case CMDLINE_SHOW: return do_show(&ask);
	case CMDLINE_BATCH: return do_batch(&ask);
	default: return do_change(&ask);
	}
}
