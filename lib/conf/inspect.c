/* SPDX-License-Identifier: MIT */
/* inspect.c - check settings, and what they need of the host */
#include "conf/inspect.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/exits.h"
#include "conf/check.h"
#include "conf/host.h"
#include "conf/limit.h"
#include "conf/names.h"

bool
inspect_connected(const char *name)
{
	char netns[PATH_MAX];

	snprintf(netns, sizeof(netns), "/run/netns/net-%s", name);
	return access(netns, F_OK) == 0;
}

int
inspect_host(const struct inspect *how, const struct cli_job *job,
    const struct target *t, const char *name)
{
	struct host host = { .name = name, .run_dir = job->run_dir,
	    .nix_state = job->nix_state, .conf_dir = t->dir,
	    .in_use = how->in_use, .served = how->served, .new = job->new,
	    .root = job->root, .trees = job->trees, .before = how->before };

	host.connected = inspect_connected(name);
	if (host_check(how->settings, &host, t->shown, how->errors) == 0) {
		limit_warn(how->settings, how->before, job->root, t->shown,
		    how->errors);
		return 0;
	}
	if (errno == EADDRINUSE)
		return 1;
	return EXIT_USAGE;
}

int
inspect_claims(const struct inspect *how, const struct cli_job *job,
    const struct target *t, const char *name)
{
	const struct host host = { .name = name, .run_dir = job->run_dir };

	if (host_claims(how->settings, &host, t->shown, how->errors) == 0)
		return 0;
	return EXIT_USAGE;
}

int
inspect_target(const struct inspect *how, const struct cli_job *job,
    const struct target *t, const char *name)
{
	int r = settings_read(how->settings, t->dir, t->file, t->shown,
	    how->errors);

	if (r == 0)
		r = check_settings(how->settings, name, t->shown, how->errors);
	if (r < 0 && errno == EINVAL)
		return EXIT_USAGE;
	if (r < 0)
		return 1;
	if (job->host && name)
		return inspect_host(how, job, t, name);
	return 0;
}

/* inspect_name - returns 0, or -1 with why; *worst: the exit code so far */
static int
inspect_name(const struct inspect *how, const struct cli_job *job, int dir,
    const char *name, int *worst, struct errmsg *why)
{
	struct target t;
	int status;

	if (target_name(&t, job->conf_dir, dir, name, why) < 0)
		return -1;
	status = inspect_target(how, job, &t, name);
	if (status > *worst)
		*worst = status;
	return 0;
}

int
inspect_names(const struct inspect *how, const struct cli_job *job, int dir,
    struct errmsg *why)
{
	struct names all = { NULL, 0 };
	int r = 0, worst = 0;

	if (job->all && names_read(dir, &all) < 0)
		return errmsg_errno(why, "read %s", job->conf_dir);
	for (size_t i = 0; r == 0 && i < all.n; i++)
		r = inspect_name(how, job, dir, all.name[i], &worst, why);
	for (int i = 0; r == 0 && i < job->args; i++)
		r = inspect_name(how, job, dir, job->arg[i], &worst, why);
	names_free(&all);
	if (r < 0)
		return -1;
	return worst;
}
