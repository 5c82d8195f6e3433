/* SPDX-License-Identifier: MIT */
/*
 * ctr-watch [--table FAMILY:NAME]... [--forwarding] [--now] COMMAND [ARGUMENT]...
 *
 * Run a command each time others have removed what was set in the network: so
 * that it can be put back.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/privilege.h"
#include "net/monitor.h"

extern char **environ;

/* A command line. */
struct cli_job {
	char **command;		/* ends with NULL */
	struct monitor monitor;
	bool now;
};

/* run - run the command; exits with its status if it fails */
static void
run(char **command)
{
	int status;
	pid_t pid;

	errno = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
	if (errno != 0)
		err(exits_exec(errno), "exec %s", command[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_TOOL, "wait for %s", command[0]);
	if (WIFSIGNALED(status))
		errx(128 + WTERMSIG(status), "%s: ended by signal %d",
		    command[0], WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		errx(WEXITSTATUS(status), "%s: status %d", command[0],
		    WEXITSTATUS(status));
}

/* watch - the messages that come while the command runs are read after it */
static int
watch(const struct cli_job *job)
{
	struct monitor monitor = job->monitor;
	struct errmsg why = { "" };

	if (monitor.tables == 0 && !monitor.forwarding)
		errx(EXIT_TOOL, "nothing to watch: expected --table or "
		    "--forwarding");
	if (monitor_open(&monitor, &why) < 0)
		errx(EXIT_TOOL, "%s", why.text);
	if (job->now)
		run(job->command);
	for (;;) {
		if (monitor_wait(&monitor) < 0)
			err(EXIT_TOOL, "wait for changes");
		run(job->command);
	}
}

static const struct cli_option options[] = {
	{ 't', "table", "FAMILY:NAME", "if this table of nftables is deleted",
	    true },
	{ 'f', "forwarding", NULL,
	    "if the host no longer forwards IPv4, or IPv6", true },
	{ 'n', "now", NULL, "once at the start, too", true },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "", "[--table FAMILY:NAME]... [--forwarding] [--now]\n"
	    " [--] COMMAND [ARGUMENT]...", "tfn",
	    "run a command each time others remove what was set in the network",
	    watch, 1, INT_MAX, 1 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-watch", .verbs = verbs,
    .options = options };

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	switch (r->option->key) {
	case 't': return monitor_table(&job->monitor, r->value, why);
	case 'f': job->monitor.forwarding = true; break;
	case 'n': job->now = true; break;
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { 0 };
	struct errmsg why = { "" };
	int answer;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(EXIT_TOOL, PRIVILEGE_SETUID);
	answer = cli_read(&reader, &cli, argv, set_option, &job, &why);
	if (answer < 0)
		errx(EXIT_TOOL, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(EXIT_TOOL, "write the output");
		return 0;
	}
	job.command = reader.operand;
	return reader.verb->run(&job);
}
