/* SPDX-License-Identifier: MIT */
/*
 * ctr-verify [OPTION]... [--all | NAME...]
 *
 * Compare the settings of containers with what systemd, the kernel and the host
 * have: lib/conf/audit.h.
 */
#define _GNU_SOURCE
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/privilege.h"
#include "conf/audit.h"
#include "conf/job.h"
#include "net/elements.h"
#include "net/ifname.h"
#include "net/mac.h"

/* is_loaded - in the nftables tables of this network namespace */
static int
is_loaded(const char *line)
{
	static struct elements elements;

	return elements_has(&elements, line);
}

/* verify - what repairs the differences is for people: on standard error */
static int
verify(const struct cli_job *job)
{
	static const struct audit_host host = { is_loaded, ifname_link,
	    mac_inner };
	struct errmsg why = { "" };
	char *mend = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&mend, &size);
	int n;

	if (!out)
		err(EXIT_USAGE, "verify");
	if (geteuid() != 0)
		errx(EXIT_USAGE, "needs root");
	n = audit_print(job, &host, stdout, out, &why);
	if (fclose(out) != 0 || fflush(stdout) != 0)
		err(EXIT_USAGE, "write");
	if (n < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (*mend && !job->json)
		warnx("%s", mend);
	free(mend);
	return n > 0;
}

static const struct cli_verb verbs[] = {
	{ "", "[--json] [--all|NAME...]", JOB_JSON JOB_ALL JOB_STATUS,
	    "print what differs between the settings of containers and what runs",
	    verify, 0, INT_MAX, false },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-verify", .verbs = verbs,
    .options = job_options, .common = JOB_DIRS };

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job;
	struct errmsg why = { "" };
	int answer;

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
	if (privilege_no_new() < 0)
		err(EXIT_USAGE, "give up new privileges");
	return job.verb->run(&job);
}
