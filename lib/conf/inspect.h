/* SPDX-License-Identifier: MIT */
#ifndef CONF_INSPECT_H
#define CONF_INSPECT_H

#include <stdbool.h>

#include "base/port.h"
#include "conf/job.h"
#include "conf/settings.h"
#include "conf/target.h"

/* How settings are inspected. */
struct inspect {
	struct settings *settings;	/* those that were read last */
	const struct settings *before;	/* as in struct host, or NULL */
	/* as in struct host */
	bool (*in_use)(int family, const unsigned char *byte);
	int (*served)(const struct port *port);
	const struct settings_errors *errors;
};

/* inspect_connected - has the container a network of its own now? */
bool inspect_connected(const char *name);

/*
 * inspect_host - does the host have all that the settings name?
 *
 * name: the container, whose settings were read from t and are right.  Returns
 * 0 or an exit code: 1, or EXIT_USAGE if trying again cannot help.  Each error is
 * reported, by this function and the next three.
 */
int inspect_host(const struct inspect *how, const struct cli_job *job,
    const struct target *t, const char *name);

/*
 * inspect_claims - do others have what the settings that were read last ask for?
 *
 * As inspect_host, but only of ports and links, by the records of the others.
 */
int inspect_claims(const struct inspect *how, const struct cli_job *job,
    const struct target *t, const char *name);

/*
 * inspect_target - read and check a file of settings
 *
 * With a name also: does it fit this container, and, if the command line asks
 * for that, the host?  Returns 0 or an exit code: 1, or EXIT_USAGE for settings
 * that are wrong.
 */
int inspect_target(const struct inspect *how, const struct cli_job *job,
    const struct target *t, const char *name);

/*
 * inspect_names - the same for all containers, or those of the command line
 *
 * dir is the open directory of settings.  Returns the worst exit code; or -1
 * with errno and why, and the rest is not inspected.
 */
int inspect_names(const struct inspect *how, const struct cli_job *job,
    int dir, struct errmsg *why);

#endif
