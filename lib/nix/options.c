/* SPDX-License-Identifier: MIT */
/* options.c - the command line of ctr-gcroot */
#define _GNU_SOURCE
#include "nix/options.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "nix/select.h"
#include "nix/machine.h"
#include "base/name.h"
#include "base/cli.h"
#include "nix/storepath.h"

static const char help[] =
	"usage: ctr-gcroot [OPTION]... init NAME\n"
	"       ctr-gcroot [OPTION]... set NAME PATH\n"
	"       ctr-gcroot [OPTION]... list [--json] NAME\n"
	"       ctr-gcroot [OPTION]... path NAME\n"
	"       ctr-gcroot [OPTION]... check NAME\n"
	"       ctr-gcroot [OPTION]... rollback NAME [GENERATION]\n"
	"       ctr-gcroot [OPTION]... delete-generations NAME SPEC...\n"
	"       ctr-gcroot [OPTION]... sync --root DIR NAME\n"
	"       ctr-gcroot [OPTION]... sync --trees DIR NAME\n"
	"       ctr-gcroot [OPTION]... sync --trees DIR --all\n"
	"       ctr-gcroot [OPTION]... rm [--trees DIR] NAME\n"
	"\n"
	"SPEC is old, DAYSd, +KEEP or numbers, as for nix-env.\n"
	"\n"
	"  --state-dir DIR  Nix's state ($NIX_STATE_DIR, else /nix/var/nix)\n"
	"  --wait SECONDS   how long to wait for the profile's lock, or a garbage\n"
	"                   collection that cannot be told of a root (10)\n"
	"  --json           a list for programs\n"
	"  --root DIR       the container's root, with all it mounts\n"
	"  --trees DIR      where the trees of containers lie: DIR/NAME;\n"
	"                   rm removes it, too\n"
	"  --all            all containers that have a tree\n"
	"  --machines DIR   what systemd-machined knows of those that run\n"
	"                   (/run/systemd/machines)\n"
	"  --help           print this\n"
	"  --version        print the version\n";

static const struct verb {
	const char *name;
	int min, max;		/* how many arguments, NAME among them */
} verbs[] = {
	[OPTIONS_INIT] = { "init", 1, 1 },
	[OPTIONS_SET] = { "set", 2, 2 },
	[OPTIONS_LIST] = { "list", 1, 1 },
	[OPTIONS_PATH] = { "path", 1, 1 },
	[OPTIONS_CHECK] = { "check", 1, 1 },
	[OPTIONS_ROLLBACK] = { "rollback", 1, 2 },
	[OPTIONS_DELETE] = { "delete-generations", 2, INT_MAX },
	[OPTIONS_SYNC] = { "sync", 0, 1 },
	[OPTIONS_RM] = { "rm", 1, 1 },
};

static enum options_verb
parse_verb(int argc, char *argv[])
{
	if (argc < 1)
		errx(EXIT_USAGE, "no verb; see --help");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->name, argv[0]) != 0)
			continue;
		if (argc - 1 < v->min)
			errx(EXIT_USAGE, "%s: too few arguments; see --help",
			    v->name);
		if (argc - 1 > v->max)
			errx(EXIT_USAGE, "%s: one argument too many: %s",
			    v->name, argv[v->max + 1]);
		return (enum options_verb)i;
	}
	errx(EXIT_USAGE, "not a verb: %s; see --help", argv[0]);
}

/* check_path - the system that set is given, as its generation shall name it */
static void
check_path(struct options *line)
{
	static char path[PATH_MAX];

	if (line->arg[0][0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s", line->arg[0]);
	if (storepath_resolve(line->arg[0], path, sizeof(path)) < 0) {
		if (errno == EINVAL)
			errx(EXIT_USAGE, "not a store path: %s", line->arg[0]);
		err(1, "look for %s", line->arg[0]);
	}
	line->arg[0] = path;
}

static void
check_options(const char *verb, const struct options *line)
{
	const char *const dirs[] = { line->state, line->trees, line->root,
	    line->machines };
	bool sync = line->verb == OPTIONS_SYNC;

	if (line->json && line->verb != OPTIONS_LIST)
		errx(EXIT_USAGE, "%s takes no --json", verb);
	if (line->trees && line->verb != OPTIONS_RM && !sync)
		errx(EXIT_USAGE, "%s takes no --trees", verb);
	if ((line->root || line->all) && !sync)
		errx(EXIT_USAGE, "%s takes no %s", verb,
		    line->root ? "--root" : "--all");
	if (sync && (!line->trees == !line->root || (line->root && line->all)))
		errx(EXIT_USAGE, "sync: either --root DIR and a name, or "
		    "--trees DIR");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i] && dirs[i][0] != '/')
			errx(EXIT_USAGE, "not an absolute path: %s", dirs[i]);
}

/* check - what can be said of the arguments before anything is touched */
static void
check(struct options *line)
{
	const char *verb = verbs[line->verb].name, *bad = NULL;
	struct select spec;

	check_options(verb, line);
	if (!line->name != line->all)
		errx(EXIT_USAGE, "%s: %s", verb, line->name ?
		    "--all takes no name" : "too few arguments; see --help");
	if (line->name && !name_ok(line->name))
		errx(EXIT_USAGE, "not a name of a container: %s (%s)",
		    line->name, NAME_ALLOWED);
	if (line->verb == OPTIONS_ROLLBACK && line->args > 0 &&
	    select_number(line->arg[0], PROFILE_MAX) < 0)
		bad = line->arg[0];
	if (line->verb == OPTIONS_DELETE)
		bad = select_parse(&spec, line->arg, line->args);
	if (bad)
		errx(EXIT_USAGE, "not a number of a generation: %s", bad);
	if (line->verb == OPTIONS_SET)
		check_path(line);
}

/* read_options - returns where the words behind them begin */
static int
read_options(int argc, char *argv[], struct options *line)
{
	static const struct option options[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "wait", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "trees", required_argument, NULL, 't' },
		{ "root", required_argument, NULL, 'r' },
		{ "machines", required_argument, NULL, 'm' },
		{ "all", no_argument, NULL, 'a' },
		CLI_COMMON
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case 's':
			line->state = optarg;
			break;
		case 'w':
			if (select_number(optarg, 86400) < 0)
				errx(EXIT_USAGE, "not seconds: %s", optarg);
			line->wait_ms = (int)select_number(optarg, 86400) * 1000;
			break;
		case 'j':
			line->json = true;
			break;
		case 't':
			line->trees = optarg;
			break;
		case 'r':
			line->root = optarg;
			break;
		case 'm':
			line->machines = optarg;
			break;
		case 'a':
			line->all = true;
			break;
		CLI_CASES(help, EXIT_USAGE);
		}
	return optind;
}

void
options_read(int argc, char *argv[], struct options *line)
{
	int words;

	*line = (struct options){ .state = getenv("NIX_STATE_DIR"),
	    .wait_ms = 10000, .machines = MACHINE_DIR };
	words = read_options(argc, argv, line);
	if (!line->state)
		line->state = "/nix/var/nix";
	argc -= words;
	argv += words;
	line->verb = parse_verb(argc, argv);
	line->name = argc > 1 ? argv[1] : NULL;
	line->arg = argv + 2;
	line->args = argc > 2 ? argc - 2 : 0;
	check(line);
}
