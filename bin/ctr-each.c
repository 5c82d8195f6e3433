/* SPDX-License-Identifier: MIT */
/*
 * ctr-each [--jobs N] [--label TEXT] [--also STATUS] COMMAND [ARGUMENT]...
 *
 * Run a command for each line of standard input, which becomes its last argument,
 * several side by side: lib/base/each.h.
 */
#define _GNU_SOURCE
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/each.h"
#include "base/exits.h"
#include "base/num.h"
#include "base/privilege.h"
#include "base/visible.h"

/* A command line. */
struct cli_job {
	struct each each;
};

/* report - one line: what failed, or was left when a signal came */
static void
report(const struct each *e)
{
	int own = (int)strcspn(e->label, "{");

	fprintf(stderr, own ? "%.*s" : "ctr-each: ", own, e->label);
	if (e->stopped)
		fprintf(stderr, "stopped by a signal; not done:");
	else
		fprintf(stderr, "%d of %zu failed:", e->failures, e->lines);
	for (size_t i = 0; i < e->lines; i++) {
		if (e->line[i].done)
			continue;
		putc(' ', stderr);
		visible_line(stderr, e->line[i].text);
	}
	putc('\n', stderr);
}

static int
run(const struct cli_job *job)
{
	struct each e = job->each;
	struct errmsg why = { "" };

	if (each_read(&e, stdin) < 0)
		err(EXIT_TOOL, "read standard input");
	if (each_run(&e, &why) < 0)
		errx(EXIT_TOOL, "%s", why.text);
	if (e.stopped || (e.failures > 0 && e.lines > 1))
		report(&e);
	each_free(&e);
	if (e.stopped || e.failures > 0)
		return 1;
	return e.also_seen ? e.also : 0;
}

static const struct cli_option options[] = {
	{ 'j', "jobs", "N", "so many at once (as many as processors)", true },
	{ 'l', "label", "TEXT", "what each line of output begins with ({}: )",
	    true },
	{ 'a', "also", "STATUS", "no failure; the exit status, if none fails",
	    true },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "", "[--jobs N] [--label TEXT] [--also STATUS]\n"
	    " [--] COMMAND [ARGUMENT]...", "jla",
	    "run a command for each line of standard input, its last argument",
	    run, 1, INT_MAX, 1 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-each", .verbs = verbs,
    .options = options };

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	switch (r->option->key) {
	case 'j':
		job->each.jobs = (int)num_read(r->value, EACH_JOBS);
		if (job->each.jobs < 1)
			return errmsg_set(why, "--jobs: expected a number from 1 "
			    "to %d: %s", EACH_JOBS, r->value);
		break;
	case 'l':
		job->each.label = r->value;
		break;
	case 'a':
		job->each.also = (int)num_read(r->value, 124);
		if (job->each.also < 2)
			return errmsg_set(why, "--also: expected a status from 2 "
			    "to 124: %s", r->value);
		break;
	}
	return 0;
}

/* processors - how many the machine has */
static int
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		return 1;
	return n > EACH_JOBS ? EACH_JOBS : (int)n;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { .each = { .label = "{}: " } };
	struct errmsg why = { "" };
	int answer, status;

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
	if (job.each.jobs == 0)
		job.each.jobs = processors();
	job.each.words = reader.operands;
	job.each.command = calloc((size_t)reader.operands + 2,
	    sizeof(*job.each.command));
	if (!job.each.command)
		err(EXIT_TOOL, "allocate");
	memcpy(job.each.command, reader.operand,
	    (size_t)reader.operands * sizeof(*job.each.command));
	status = reader.verb->run(&job);
	free(job.each.command);
	return status;
}
