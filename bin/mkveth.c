/* SPDX-License-Identifier: MIT */
/*
 * mkveth add|verify|del|show|batch [OPTION]... [NAME]
 * mkveth wait [--] COMMAND [ARGUMENT]...
 *
 * The network of a container: a namespace, veth pairs, their addresses and
 * routes, in one process over rtnetlink.  lib/net/cmdline.c reads the request,
 * lib/net/network.c carries it out, lib/net/show.c prints the result.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
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
#include "net/verify.h"
#include "net/words.h"

enum { WAIT_MS = 30000 };

enum {
	LINE = 4096,		/* bytes in a line of a batch */
	WORDS = 128,		/* words in a line */
	LINES = 16 << 20,	/* bytes in a batch */
};

static const struct cli cli;

static bool
is_verb(const struct cli_job *job, const char *name)
{
	return !strcmp(job->verb->name, name);
}

/*
 * open_ns - open a namespace given by path or pid
 *
 * Done before capabilities are dropped: it may be that of another user.
 */
static int
open_ns(struct cli_job *job, struct errmsg *why)
{
	struct network *net = &job->net;

	if (!job->name || netns_is_name(net->netns))
		return 0;
	net->ns = netns_open(net->netns);
	/* For verify, a missing one is the first difference. */
	if (net->ns < 0 && !is_verb(job, "del") && !is_verb(job, "verify"))
		return errmsg_errno(why, "network namespace %s", net->netns);
	return 0;
}

static void
drop_caps(bool batch, int status)
{
	/* A batch opens the namespaces of processes only after this. */
	static const cap_value_t need[] = { CAP_NET_ADMIN, CAP_SYS_ADMIN,
	    CAP_SYS_PTRACE };
	const char *missing;

	if ((batch && privilege_only(need, 3, &missing) == 0) ||
	    privilege_only(need, 2, &missing) == 0)
		return;
	if (missing)
		errx(status, "needs the capability %s", missing);
	err(status, "drop capabilities");
}

/* change - add or del, under the lock of the container */
static int
change(struct network_host *host, const struct cli_job *job, struct errmsg *why)
{
	auto_close int lock = lock_name(job->name);

	if (lock < 0)
		return errmsg_errno(why, "lock %s", LOCK_FILE);
	if (is_verb(job, "add"))
		return network_add(host, &job->net, why);
	return network_del(host, &job->net, job->wait, why);
}

static int
do_change(const struct cli_job *job)
{
	struct network_host host;
	struct errmsg why = { "" };

	if (network_open(&host, &why) < 0 || change(&host, job, &why) < 0)
		errx(1, "%s %s: %s", job->verb->name, job->name, why.text);
	return 0;
}

/* verify - under the same lock; returns the exit status, and why of 2 */
static int
verify(struct network_host *host, const struct cli_job *job, const char *name,
    struct errmsg *why)
{
	struct verify found = { .out = stdout, .name = name };
	auto_close int lock = lock_name(job->name);

	if (lock < 0) {
		errmsg_errno(why, "lock %s", LOCK_FILE);
		return EXIT_USAGE;
	}
	if (network_verify(host, &job->net, &found, why) < 0)
		return EXIT_USAGE;
	return found.n > 0;
}

static int
do_verify(const struct cli_job *job)
{
	struct network_host host;
	struct errmsg why = { "" };
	int status = EXIT_USAGE;

	if (network_open(&host, &why) == 0)
		status = verify(&host, job, NULL, &why);
	if (status == EXIT_USAGE)
		errx(EXIT_USAGE, "verify %s: %s", job->name, why.text);
	if (fflush(stdout) != 0)
		err(EXIT_USAGE, "verify: write");
	return status;
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

/* read_line - read the words of a line of a batch; exits if one is wrong */
static void
read_line(char *word[], int line, struct cli_job *job)
{
	struct cli_reader reader;
	struct errmsg why = { "" };
	const char *wrong = NULL;
	int answer = cmdline_read(&cli, word, &reader, job, &why);

	if (answer < 0)
		errx(EXIT_USAGE, "line %d: %s", line, why.text);
	if (answer > 0)
		wrong = answer == CLI_HELP ? "--help" : "--version";
	else if (job->verb->run != do_change && job->verb->run != do_verify)
		wrong = job->verb->name;
	if (wrong)
		errx(EXIT_USAGE, "line %d: not add, verify or del: %s", line,
		    wrong);
}

/*
 * next_line - read the next line of a batch, in buf
 *
 * Returns whether there is anything to do; job then points into buf.
 */
static bool
next_line(const char **text, int line, char buf[LINE], struct cli_job *job)
{
	char *word[WORDS + 2] = { buf };
	size_t len = strcspn(*text, "\n");
	struct errmsg why = { "" };
	int n;

	if (len >= LINE)
		errx(EXIT_USAGE, "line %d: longer than %d bytes", line,
		    LINE - 1);
	memcpy(buf, *text, len);
	/* cppcheck-suppress arrayIndexOutOfBoundsCond ; errx does not return */
	buf[len] = '\0';
	*text += len + ((*text)[len] == '\n');
	n = words_split(buf, word + 1, WORDS, &why);
	if (n == 0)
		return false;
	if (n < 0)
		errx(EXIT_USAGE, "line %d: %s", line, why.text);
	read_line(word, line, job);
	return !job->check;
}

/* carry_out - returns 0, or -1 with why; *differs: what verify finds */
static int
carry_out(struct network_host *host, struct cli_job *job, bool *differs,
    struct errmsg *why)
{
	int status;

	if (open_ns(job, why) < 0)
		return -1;
	if (job->verb->run == do_change)
		return change(host, job, why);
	status = verify(host, job, job->name, why);
	*differs |= status == 1;
	return status == EXIT_USAGE ? -1 : 0;
}

/* do_line - carry out a line of a batch; returns 0, or an exit status after
 * a message */
static int
do_line(struct network_host *host, int line, struct cli_job *job,
    bool *differs)
{
	struct errmsg why = { "" };
	int status = 0;

	if (carry_out(host, job, differs, &why) < 0) {
		warnx("line %d: %s %s: %s", line, job->verb->name, job->name,
		    why.text);
		status = job->verb->run == do_verify ? EXIT_USAGE : 1;
	}
	if (job->net.ns >= 0)
		close(job->net.ns);
	return status;
}

static int
do_batch(const struct cli_job *batch)
{
	char *all = read_lines(), buf[LINE];
	const char *text = all;
	struct network_host host;
	struct cli_job job;
	struct errmsg why = { "" };
	bool differs = false;
	int status = 0;

	/* Check every line before any is carried out. */
	for (int i = 1; *text; i++)
		(void)next_line(&text, i, buf, &job);
	if (network_open(&host, &why) < 0)
		errx(1, "batch: %s", why.text);
	text = all;
	for (int i = 1; *text && (!status || batch->keep_going); i++)
		if (next_line(&text, i, buf, &job)) {
			int s = do_line(&host, i, &job, &differs);

			status = s > status ? s : status;
		}
	free(all);
	if (fflush(stdout) != 0)
		err(1, "batch: write");
	return status ? status : differs;
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
do_show(const struct cli_job *job)
{
	struct show show = { .out = stdout, .json = job->json };
	int status;

	if (nl_open(&show.host) < 0)
		err(1, "show: netlink socket");
	if (job->json)
		putchar('[');
	if (job->name)
		status = show_named(&show, &job->net);
	else
		status = show_all(&show);
	if (job->json)
		puts("]");
	if (fflush(stdout) != 0)
		err(1, "show: write");
	return status;
}

/* do_wait - run command once the network of this namespace is complete */
static int
do_wait(const struct cli_job *job)
{
	char **argv = job->command;

	if (ready_wait(WAIT_MS) < 0)
		err(EXIT_TOOL, "wait for the network");
	execvp(*argv, argv);
	err(exits_exec(errno), "exec %s", *argv);
}

static const struct cli_verb verbs[] = {
	{ "add", "[-D] [-b BRIDGE] [--check] [-g GATEWAY]... [-H ADDRESS]...\n"
	    " [-i IFNAME] [-L ADDRESS]... [-M MTU] [-m MAC] [-N IFNAME]\n"
	    " [-n NETNS] [--no-pair] [--move IFNAME]... [--release]\n"
	    " [--macvlan|--ipvlan IFNAME[:NAME[:MODE]]]...\n"
	    " [--pair NAME[:KEY=VALUE,...]]... NAME", CMDLINE_ADD,
	    "create the network of a container, or change it", do_change, 1, 1, 0 },
	{ "verify", "[OPTION OF add]... NAME", CMDLINE_ADD,
	    "print what add with these options would change", do_verify, 1, 1, 0 },
	{ "del", "[-w] [-i IFNAME] [-n NETNS] NAME", CMDLINE_DEL,
	    "remove the network of a container", do_change, 1, 1, 0 },
	{ "show", "[-j] [-i IFNAME] [-n NETNS] [NAME]", CMDLINE_SHOW,
	    "print the network of one container or of all", do_show, 0, 1, 0 },
	{ "batch", "[-k] <LINES", CMDLINE_BATCH,
	    "carry out lines of add, verify and del with their options",
	    do_batch, 0, 0, 0 },
	{ "wait", "[--] COMMAND [ARGUMENT]...", NULL,
	    "run a command when add --release has made its network",
	    do_wait, 1, INT_MAX, 1 },
	{ 0 },
};

static const struct cli cli = { .tool = "mkveth", .verbs = verbs,
    .options = cmdline_options };

/* prepare - open what needs capabilities, then keep the few for the change */
static void
prepare(struct cli_job *job)
{
	struct errmsg why = { "" };

	if (open_ns(job, &why) < 0)
		errx(1, "%s %s: %s", job->verb->name, job->name, why.text);
	drop_caps(job->verb->run == do_batch,
	    job->verb->run == do_verify ? EXIT_USAGE : 1);
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job;
	struct errmsg why = { "" };
	int answer = cmdline_read(&cli, argv, &reader, &job, &why);
	bool waits = reader.verb && reader.verb->run == do_wait;
	int wrong = waits ? EXIT_TOOL : EXIT_USAGE;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(wrong, PRIVILEGE_SETUID);
	if (answer < 0)
		errx(wrong, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(1, "write the output");
		return 0;
	}
	if (!waits && privilege_no_new() < 0)
		err(1, "set no_new_privs");
	if (job.check)
		return 0;
	if (!waits)
		prepare(&job);
	return job.verb->run(&job);
}
