/* SPDX-License-Identifier: MIT */
/* options.c - the command line of ctr-gcroot */
#include "nix/options.h"

#include <stdlib.h>

#include "base/name.h"
#include "nix/hold.h"
#include "nix/machine.h"
#include "nix/select.h"

enum { WAIT_S = 10, WAIT_MAX_S = 86400 };

const struct cli_option options_table[] = {
	{ 's', "state-dir", "DIR",
	    "Nix's state directory ($NIX_STATE_DIR, else /nix/var/nix)", false },
	{ 'w', "wait", "SECONDS",
	    "how long to wait for the lock of the profile, or for a\n"
	    "garbage collection by Nix before 2.5 (10)", false },
	{ 'j', "json", NULL, "print JSON", false },
	{ 'r', "root", "DIR",
	    "root directory of the container, with all its mounts", false },
	{ 't', "trees", "DIR",
	    "directory with the trees of containers: DIR/NAME", false },
	{ 'l', "label", "LABEL",
	    "keep it by this label, whatever the container runs", false },
	{ 'a', "all", NULL, "all containers that have a tree", false },
	{ 'm', "machines", "DIR",
	    "state directory of systemd-machined\n"
	    "(/run/systemd/machines)", false },
	{ 0 },
};

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	const char *value = r->value;
	int64_t seconds;

	switch (r->option->key) {
	case 's':
		job->state = value;
		break;
	case 'w':
		seconds = select_number(value, WAIT_MAX_S);
		if (seconds < 0)
			return errmsg_set(why, "invalid number of seconds: %s",
			    value);
		job->wait_ms = (int)seconds * 1000;
		break;
	case 'j':
		job->json = true;
		break;
	case 'r':
		job->root = value;
		break;
	case 't':
		job->trees = value;
		break;
	case 'l':
		if (!hold_label_ok(value))
			return errmsg_set(why, "invalid label: %s (%s)", value,
			    HOLD_LABEL);
		job->label = value;
		break;
	case 'a':
		job->all = true;
		break;
	case 'm':
		job->machines = value;
		break;
	}
	return 0;
}

static int
check_job(const struct cli_job *job, struct errmsg *why)
{
	const char *const dirs[] = { job->state, job->trees, job->root,
	    job->machines };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i] && dirs[i][0] != '/')
			return errmsg_set(why, "not an absolute path: %s",
			    dirs[i]);
	if (job->name && !name_ok(job->name))
		return errmsg_set(why, "invalid container name: %s (%s)",
		    job->name, NAME_ALLOWED);
	return 0;
}

int
options_read(const struct cli *cli, char *argv[], struct cli_reader *r,
    struct cli_job *job, struct errmsg *why)
{
	int answer;

	*job = (struct cli_job){ .state = getenv("NIX_STATE_DIR"),
	    .machines = MACHINE_DIR, .wait_ms = WAIT_S * 1000 };
	if (!job->state)
		job->state = "/nix/var/nix";
	answer = cli_read(r, cli, argv, set_option, job, why);
	if (answer != 0)
		return answer;
	job->verb = r->verb;
	if (r->operands > 0) {
		job->name = r->operand[0];
		job->arg = r->operand + 1;
		job->args = r->operands - 1;
	}
	return check_job(job, why);
}
