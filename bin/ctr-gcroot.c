/* SPDX-License-Identifier: MIT */
/*
 * ctr-gcroot [--state-dir DIR] [--wait SECONDS] VERB NAME [...]
 *
 * The Nix profile of a container and the directory of its garbage collector
 * roots, below Nix's own: profiles/per-container/NAME and
 * gcroots/per-container/NAME.
 *
 * Both NAME directories are bound into the container, whose root writes there
 * what it likes, so all in them is reached from their descriptors, no link is
 * followed, and the profile is read as in lib/profile.h.  The directories
 * above are for root alone, at every run: else a user of the host with the
 * number of one of the container's could write there too.
 *
 * The roots that sync makes are in a third one, lib/gcsync.h.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "exits.h"
#include "fd.h"
#include "gcsyncs.h"
#include "gencheck.h"
#include "gens.h"
#include "gentext.h"
#include "guard.h"
#include "machine.h"
#include "name.h"
#include "nixdirs.h"
#include "opts.h"
#include "rmtree.h"
#include "storepath.h"

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
	"  --wait SECONDS   how long to wait for the profile's lock (10)\n"
	"  --json           a list for programs\n"
	"  --root DIR       the container's root, with all it mounts\n"
	"  --trees DIR      where the trees of containers lie: DIR/NAME;\n"
	"                   rm removes it, too\n"
	"  --all            all containers that have a tree\n"
	"  --machines DIR   what systemd-machined knows of those that run\n"
	"                   (/run/systemd/machines)\n"
	"  --help           print this\n"
	"  --version        print the version\n";

struct job {
	const char *state, *name, *trees, *root, *machines;
	char **arg;		/* the verb's own arguments, args of them */
	int args, wait_ms;
	bool json, all;
};

/* open_parent - the per-container directory of a kind; -1: there is none */
static int
open_parent(const struct job *job, enum nixdirs kind)
{
	int fd = nixdirs_parent(job->state, kind, false);

	if (fd < 0 && errno != ENOENT)
		err(1, "open %s/%s", job->state, nixdirs_path[kind]);
	return fd;
}

/* open_name - the container's directory of a kind */
static int
open_name(const struct job *job, enum nixdirs kind, bool make)
{
	int fd = nixdirs_open(job->state, kind, job->name, make);

	if (fd < 0 && errno == ENOENT && !make)
		errx(1, "%s has no profile in %s", job->name, job->state);
	if (fd < 0)
		err(1, "open %s/%s/%s", job->state, nixdirs_path[kind],
		    job->name);
	return fd;
}

/* open_profile - look after all parents, then the profile's directory */
static int
open_profile(const struct job *job, bool make)
{
	auto_close int roots = make ? open_name(job, NIXDIRS_ROOTS, true) :
	    open_parent(job, NIXDIRS_ROOTS);
	auto_close int synced = open_parent(job, NIXDIRS_SYNCED);

	return open_name(job, NIXDIRS_PROFILES, make);
}

static void
read_profile(const struct job *job, int dir, struct profile *p)
{
	if (profile_read(dir, p) < 0)
		err(1, "read profile of %s", job->name);
}

static void
init_verb(const struct job *job)
{
	auto_close int profile = open_profile(job, true);
}

static void
set_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, true);
	struct why why = { "" };

	if (gens_set(dir, job->name, job->wait_ms, job->arg[0], &why) < 0)
		errx(1, "%s", why.text);
}

static void
list_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	struct profile p;

	read_profile(job, dir, &p);
	gentext_list(dir, &p, job->json);
	profile_free(&p);
}

static void
rollback_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	struct why why = { "" };

	if (gens_back(dir, job->name, job->wait_ms, job->args == 0 ? -1 :
	    genspec_number(job->arg[0], PROFILE_MAX), &why) < 0)
		errx(1, "%s", why.text);
}

static void
delete_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	struct genspec spec;
	struct why why = { "" };

	(void)genspec_parse(&spec, job->arg, job->args); /* check said it is */
	if (gens_delete(dir, job->name, job->wait_ms, &spec, &why) < 0)
		errx(1, "%s", why.text);
}

static void
path_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	char target[PATH_MAX];
	struct profile p;

	read_profile(job, dir, &p);
	if (p.current < 0 || profile_target(dir, (uint32_t)p.current, target,
	    sizeof(target)) < 0)
		errx(1, "%s has no current generation", job->name);
	profile_free(&p);
	gentext_print(target, false);
	putchar('\n');
}

static void
check_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	struct profile p;
	struct why why = { "" };
	bool asked;
	int bad;

	read_profile(job, dir, &p);
	if ((bad = gencheck(dir, &p, &asked, &why)) < 0)
		errx(1, "%s", why.text);
	if (!asked)
		warnx("there is no nix-store: whether store paths are valid "
		    "was not checked");
	if (p.current < 0)
		warnx("%s has no current generation", job->name);
	if (fflush(stdout) != 0)
		err(1, "write the output");
	if (bad > 0 || p.current < 0)
		exit(1);
	profile_free(&p);
}

static void
sync_verb(const struct job *job)
{
	auto_close int profiles = open_parent(job, NIXDIRS_PROFILES);
	auto_close int synced = open_parent(job, NIXDIRS_SYNCED);
	const struct gcsyncs g = { .state = job->state, .root = job->root,
	    .trees = job->trees, .machines = job->machines };
	struct why why = { "" };
	int r = gcsyncs_run(&g, job->name, &why);

	if (r < 0)
		errx(1, "%s", why.text);
	if (r == 0)
		exit(1);
}

/* The tree goes first: what it uses is then kept until nothing of it is left. */
static void
rm_tree(const struct job *job)
{
	auto_close int trees = open(job->trees,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (trees < 0 && errno == ENOENT)
		return;
	if (trees < 0)
		err(1, "open %s", job->trees);
	if (rmtree_at(trees, job->name) < 0 || fsync(trees) < 0)
		err(1, "remove %s/%s", job->trees, job->name);
}

static void
rm_verb(const struct job *job)
{
	if (job->trees)
		rm_tree(job);
	for (enum nixdirs i = 0; i < NIXDIRS_N; i++) {
		auto_close int parent = open_parent(job, i);

		if (parent < 0)
			continue;
		if (rmtree_at(parent, job->name) < 0 || fsync(parent) < 0)
			err(1, "remove %s/%s/%s", job->state, nixdirs_path[i],
			    job->name);
	}
}

static const struct verb {
	const char *name;
	int min, max;		/* how many arguments, NAME among them */
	void (*act)(const struct job *job);
	int cap;		/* one that is of use, or -1 */
} verbs[] = {
	{ "init", 1, 1, init_verb, -1 },
	{ "set", 2, 2, set_verb, -1 },
	{ "list", 1, 1, list_verb, -1 },
	{ "path", 1, 1, path_verb, -1 },
	{ "check", 1, 1, check_verb, -1 },
	{ "rollback", 1, 2, rollback_verb, -1 },
	{ "delete-generations", 2, INT_MAX, delete_verb, -1 },
	{ "sync", 0, 1, sync_verb, CAP_SYS_PTRACE },
	{ "rm", 1, 1, rm_verb, CAP_LINUX_IMMUTABLE },
};

static const struct verb *
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
		return v;
	}
	errx(EXIT_USAGE, "not a verb: %s; see --help", argv[0]);
}

/*
 * The directories may belong to the container's root in a user namespace, and
 * have any mode.  A removal may meet files that were made immutable, and a sync
 * looks into containers that run; without that they still do all the rest.
 */
static void
drop_caps(int cap)
{
	cap_value_t need[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, cap };
	const char *missing;

	if (cap >= 0 && caps_only(need, 4, &missing) == 0)
		return;
	if (caps_only(need, 3, &missing) < 0) {
		if (missing)
			errx(1, "needs the capability %s", missing);
		err(1, "drop capabilities");
	}
}

/* check_path - the system that set is given, as its generation shall name it */
static void
check_path(struct job *job)
{
	static char path[PATH_MAX];

	if (job->arg[0][0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s", job->arg[0]);
	if (storepath_resolve(job->arg[0], path, sizeof(path)) < 0) {
		if (errno == EINVAL)
			errx(EXIT_USAGE, "not a store path: %s", job->arg[0]);
		err(1, "look for %s", job->arg[0]);
	}
	job->arg[0] = path;
}

static void
check_options(const struct verb *verb, const struct job *job)
{
	const char *const dirs[] = { job->state, job->trees, job->root,
	    job->machines };
	bool sync = verb->act == sync_verb;

	if (job->json && verb->act != list_verb)
		errx(EXIT_USAGE, "%s takes no --json", verb->name);
	if (job->trees && verb->act != rm_verb && !sync)
		errx(EXIT_USAGE, "%s takes no --trees", verb->name);
	if ((job->root || job->all) && !sync)
		errx(EXIT_USAGE, "%s takes no %s", verb->name,
		    job->root ? "--root" : "--all");
	if (sync && (!job->trees == !job->root || (job->root && job->all)))
		errx(EXIT_USAGE, "sync: either --root DIR and a name, or "
		    "--trees DIR");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i] && dirs[i][0] != '/')
			errx(EXIT_USAGE, "not an absolute path: %s", dirs[i]);
}

/* check - what can be said of the arguments before anything is touched */
static void
check(const struct verb *verb, struct job *job)
{
	struct genspec spec;
	const char *bad = NULL;

	check_options(verb, job);
	if (!job->name != job->all)
		errx(EXIT_USAGE, "%s: %s", verb->name, job->name ?
		    "--all takes no name" : "too few arguments; see --help");
	if (job->name && !name_ok(job->name))
		errx(EXIT_USAGE, "not a name of a container: %s (%s)",
		    job->name, NAME_ALLOWED);
	if (verb->act == rollback_verb && job->args > 0 &&
	    genspec_number(job->arg[0], PROFILE_MAX) < 0)
		bad = job->arg[0];
	if (verb->act == delete_verb)
		bad = genspec_parse(&spec, job->arg, job->args);
	if (bad)
		errx(EXIT_USAGE, "not a number of a generation: %s", bad);
	if (verb->act == set_verb)
		check_path(job);
}

/* read_options - returns where the words behind them begin */
static int
read_options(int argc, char *argv[], struct job *job)
{
	static const struct option options[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "wait", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "trees", required_argument, NULL, 't' },
		{ "root", required_argument, NULL, 'r' },
		{ "machines", required_argument, NULL, 'm' },
		{ "all", no_argument, NULL, 'a' },
		OPTS_COMMON
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case 's':
			job->state = optarg;
			break;
		case 'w':
			if (genspec_number(optarg, 86400) < 0)
				errx(EXIT_USAGE, "not seconds: %s", optarg);
			job->wait_ms = (int)genspec_number(optarg, 86400) * 1000;
			break;
		case 'j':
			job->json = true;
			break;
		case 't':
			job->trees = optarg;
			break;
		case 'r':
			job->root = optarg;
			break;
		case 'm':
			job->machines = optarg;
			break;
		case 'a':
			job->all = true;
			break;
		OPTS_CASES(help, EXIT_USAGE);
		}
	return optind;
}

int
main(int argc, char *argv[])
{
	struct job job = { .state = getenv("NIX_STATE_DIR"), .wait_ms = 10000,
	    .machines = MACHINE_DIR };
	const struct verb *verb;
	int words;

	if (guard_enter() < 0)
		errx(EXIT_USAGE, GUARD_WHY);
	if (guard_alone() < 0)
		err(1, "give up new privileges");
	words = read_options(argc, argv, &job);
	if (!job.state)
		job.state = "/nix/var/nix";
	argc -= words;
	argv += words;

	verb = parse_verb(argc, argv);
	job.name = argc > 1 ? argv[1] : NULL;
	job.arg = argv + 2;
	job.args = argc > 2 ? argc - 2 : 0;
	check(verb, &job);
	drop_caps(verb->cap);
	verb->act(&job);
	if (fflush(stdout) != 0)
		err(1, "write the output");
	return 0;
}
