/* SPDX-License-Identifier: MIT */
/*
 * ctr-gcroot [--state-dir DIR] [--wait SECONDS] VERB NAME [...]
 *
 * The Nix profile of a container and the directory of its garbage collector
 * roots, in Nix's state directory: profiles/per-container/NAME and
 * gcroots/per-container/NAME.
 *
 * Only the host writes there.  What the container's own Nix makes is in its
 * tree: nix/inside.h.  The roots that sync makes for it are in a third
 * directory: nix/roots.h.
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
#include <sys/stat.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/privilege.h"
#include "nix/dirs.h"
#include "nix/gc.h"
#include "nix/generation.h"
#include "nix/hold.h"
#include "nix/inside.h"
#include "nix/options.h"
#include "nix/report.h"
#include "nix/snapshots.h"
#include "base/storepath.h"
#include "nix/sync.h"
#include "tree/remove.h"

/* open_parent - the parent directory of a kind; -1: there is none */
static int
open_parent(const struct cli_job *job, enum dirs_kind kind)
{
	int fd = dirs_parent(job->state, kind, false);

	if (fd < 0 && errno != ENOENT)
		err(1, "open %s/%s", job->state, dirs_path[kind]);
	return fd;
}

/* open_name - the container's directory of a kind */
static int
open_name(const struct cli_job *job, enum dirs_kind kind, bool make)
{
	int fd = dirs_open(job->state, kind, job->name, make);

	if (fd < 0 && errno == ENOENT && !make)
		errx(1, "%s has no profile in %s", job->name, job->state);
	if (fd < 0)
		err(1, "open %s/%s/%s", job->state, dirs_path[kind], job->name);
	return fd;
}

/* open_profile - secure all parents, then open the profile's directory */
static int
open_profile(const struct cli_job *job, bool make)
{
	auto_close int roots = -1, synced = -1;

	if (make)
		roots = open_name(job, DIRS_ROOTS, true);
	else
		roots = open_parent(job, DIRS_ROOTS);
	synced = open_parent(job, DIRS_SYNCED);
	return open_name(job, DIRS_PROFILES, make);
}

/* open_and_read - open and read the profile */
static int
open_and_read(const struct cli_job *job, struct profile *p)
{
	int dir = open_profile(job, false);

	if (profile_read(dir, p) < 0)
		err(1, "read profile of %s", job->name);
	return dir;
}

/* open_tree - the container's tree; -1: there is none, or none was given */
static int
open_tree(const struct cli_job *job)
{
	auto_close int trees = -1;
	int fd;

	if (!job->trees)
		return -1;
	trees = open(job->trees, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (trees < 0 && errno == ENOENT)
		return -1;
	if (trees < 0)
		err(1, "open %s", job->trees);
	fd = openat(trees, job->name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		err(1, "open %s/%s", job->trees, job->name);
	return fd;
}

/*
 * in_tree - do a part of the work in the container's tree, if there is one
 *
 * A failure there is the container's: it only warns, and stops no work of the
 * host.
 */
static void
in_tree(const struct cli_job *job, int profile, int tree,
    int (*work)(const struct inside *c, int profile, int root,
    struct errmsg *why))
{
	const struct inside c = { job->state, job->name, job->wait_ms };
	struct errmsg why = { "" };

	if (tree >= 0 && work(&c, profile, tree, &why) < 0)
		warnx("%s", why.text);
}

static int
cmd_init(const struct cli_job *job)
{
	auto_close int tree = open_tree(job);
	auto_close int profile = open_profile(job, true);

	in_tree(job, profile, tree, inside_move);
	in_tree(job, profile, tree, inside_adopt);
	in_tree(job, profile, tree, inside_show);
	return 0;
}

/* resolve_system - the path that the new generation must point to */
static void
resolve_system(const char *given, char *path, size_t size)
{
	if (given[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s", given);
	if (storepath_resolve(given, path, size) == 0)
		return;
	if (errno == EINVAL)
		errx(EXIT_USAGE, "not a store path: %s", given);
	err(1, "look for %s", given);
}

/* protect_system - from the garbage collector */
static int
protect_system(const struct cli_job *job, const char *path)
{
	struct stat st;
	int hold;

	if (gc_hold(job->state, path, job->wait_ms, &hold) < 0) {
		if (errno == ETIMEDOUT)
			errx(1, "timed out waiting for a garbage collection");
		err(1, "protect %s from the garbage collector", path);
	}
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		errx(1, "%s was deleted by the garbage collector", path);
	return hold;
}

static int
cmd_set(const struct cli_job *job)
{
	auto_close int dir = -1, hold = -1, tree = -1;
	struct errmsg why = { "" };
	char path[PATH_MAX];

	resolve_system(job->arg[0], path, sizeof(path));
	tree = open_tree(job);
	dir = open_profile(job, true);
	in_tree(job, dir, tree, inside_adopt);
	hold = protect_system(job, path);
	if (generation_set(dir, job->name, job->wait_ms, path, &why) < 0)
		errx(1, "%s", why.text);
	in_tree(job, dir, tree, inside_show);
	return 0;
}

static int
keep(int dir, const struct cli_job *job, const char *path)
{
	if (job->label)
		return hold_label(dir, job->label, path);
	return hold_system(dir, path);
}

static int
cmd_hold(const struct cli_job *job)
{
	auto_close int dir = -1, hold = -1;
	char path[PATH_MAX];

	resolve_system(job->arg[0], path, sizeof(path));
	dir = open_name(job, DIRS_ROOTS, true);
	hold = protect_system(job, path);
	if (keep(dir, job, path) < 0)
		err(1, "hold the system of %s", job->name);
	return 0;
}

static int
let_go(int dir, const struct cli_job *job)
{
	if (job->label)
		return hold_unlabel(dir, job->label);
	return hold_release(dir);
}

static int
cmd_release(const struct cli_job *job)
{
	auto_close int dir = dirs_open(job->state, DIRS_ROOTS, job->name, false);

	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0 || let_go(dir, job) < 0)
		err(1, "release the systems of %s", job->name);
	return 0;
}

static int
cmd_list(const struct cli_job *job)
{
	struct profile p;
	auto_close int dir = open_and_read(job, &p);

	report_list(stdout, dir, &p, job->json);
	profile_free(&p);
	return 0;
}

static int
cmd_snapshots(const struct cli_job *job)
{
	struct errmsg why = { "" };
	char dir[PATH_MAX];

	if (!job->trees)
		errx(EXIT_USAGE, "snapshots: missing --trees DIR");
	snprintf(dir, sizeof(dir), "%s/.%s.snapshots", job->trees, job->name);
	if (snapshots_print(dir, job->json, stdout, &why) < 0)
		errx(1, "%s", why.text);
	return 0;
}

enum { CURRENT = -1, PREVIOUS = -2 };

/* read_choice - a generation number, CURRENT or PREVIOUS */
static int64_t
read_choice(const struct cli_job *job)
{
	int64_t number;

	if (job->args == 0)
		return CURRENT;
	if (!strcmp(job->arg[0], "previous"))
		return PREVIOUS;
	number = select_number(job->arg[0], PROFILE_MAX);
	if (number < 0)
		errx(EXIT_USAGE, "invalid generation number: %s", job->arg[0]);
	return number;
}

/* choose - the number of that generation, or -1 */
static int64_t
choose(int64_t choice, const struct profile *p)
{
	int64_t before = -1;

	if (choice == CURRENT)
		return p->current;
	if (choice != PREVIOUS)
		return profile_find(p, choice) ? choice : -1;
	for (size_t i = 0; i < p->n && p->entry[i].number < p->current; i++)
		before = p->entry[i].number;
	return before;
}

static _Noreturn void
no_generation(const struct cli_job *job)
{
	if (job->args == 0)
		errx(1, "%s has no current generation", job->name);
	if (!strcmp(job->arg[0], "previous"))
		errx(1, "%s has no previous generation", job->name);
	errx(1, "%s has no generation %s", job->name, job->arg[0]);
}

static int
cmd_path(const struct cli_job *job)
{
	int64_t number = read_choice(job);
	struct profile p;
	auto_close int dir = open_and_read(job, &p);
	char target[PATH_MAX];

	number = choose(number, &p);
	if (number < 0 || profile_target(dir, (uint32_t)number, target,
	    sizeof(target)) < 0)
		no_generation(job);
	report_text(stdout, target);
	putchar('\n');
	profile_free(&p);
	return 0;
}

static int
cmd_check(const struct cli_job *job)
{
	struct profile p;
	auto_close int dir = open_and_read(job, &p);
	struct errmsg why = { "" };
	bool nix_found, has_current = p.current >= 0;
	int bad = report_check(stdout, dir, &p, &nix_found, &why);

	if (bad < 0)
		errx(1, "%s", why.text);
	if (!nix_found)
		warnx("nix-store not found: validity of store paths not checked");
	if (!has_current)
		warnx("%s has no current generation", job->name);
	profile_free(&p);
	return bad > 0 || !has_current;
}

static int
cmd_rollback(const struct cli_job *job)
{
	auto_close int dir = -1, tree = -1;
	struct errmsg why = { "" };
	int64_t number = -1;

	if (job->args > 0) {
		number = select_number(job->arg[0], PROFILE_MAX);
		if (number < 0)
			errx(EXIT_USAGE, "invalid generation number: %s",
			    job->arg[0]);
	}
	tree = open_tree(job);
	dir = open_profile(job, false);
	in_tree(job, dir, tree, inside_adopt);
	if (generation_rollback(dir, job->name, job->wait_ms, number, &why) < 0)
		errx(1, "%s", why.text);
	in_tree(job, dir, tree, inside_show);
	return 0;
}

static int
cmd_delete(const struct cli_job *job)
{
	auto_close int dir = -1;
	struct errmsg why = { "" };
	struct select spec;
	const char *invalid = select_parse(&spec, job->arg, job->args);

	if (invalid)
		errx(EXIT_USAGE, "invalid generation number: %s", invalid);
	dir = open_profile(job, false);
	if (generation_delete(dir, job->name, job->wait_ms, &spec, &why) < 0)
		errx(1, "%s", why.text);
	return 0;
}

static void
check_sync(const struct cli_job *job)
{
	bool has_root = job->root != NULL, has_trees = job->trees != NULL;
	bool has_name = job->name != NULL;

	if (has_root == has_trees || (has_root && job->all))
		errx(EXIT_USAGE, "sync: give either --root DIR and a name, or "
		    "--trees DIR");
	if (job->all && has_name)
		errx(EXIT_USAGE, "sync: --all takes no name");
	if (!job->all && !has_name)
		errx(EXIT_USAGE, "sync: missing argument; see --help");
}

static void
print_failure(const char *text)
{
	warnx("%s", text);
}

static int
cmd_sync(const struct cli_job *job)
{
	auto_close int profiles = -1, synced = -1;
	const struct sync g = { .state = job->state, .root = job->root,
	    .trees = job->trees, .machines = job->machines,
	    .wait_ms = job->wait_ms, .failed = print_failure };
	struct errmsg why = { "" };
	int failed;

	check_sync(job);
	profiles = open_parent(job, DIRS_PROFILES);
	synced = open_parent(job, DIRS_SYNCED);
	failed = sync_run(&g, job->name, &why);
	if (failed < 0)
		errx(1, "%s", why.text);
	return failed > 0;
}

/* rm_tree - before the roots, as they protect what the tree uses */
static void
rm_tree(const struct cli_job *job)
{
	auto_close int trees = open(job->trees,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (trees < 0 && errno == ENOENT)
		return;
	if (trees < 0)
		err(1, "open %s", job->trees);
	if (remove_at(trees, job->name) < 0 || fsync(trees) < 0)
		err(1, "remove %s/%s", job->trees, job->name);
}

static int
cmd_rm(const struct cli_job *job)
{
	if (job->trees)
		rm_tree(job);
	for (enum dirs_kind i = 0; i < DIRS_N; i++) {
		auto_close int parent = open_parent(job, i);

		if (parent < 0)
			continue;
		if (remove_at(parent, job->name) < 0 || fsync(parent) < 0)
			err(1, "remove %s/%s/%s", job->state, dirs_path[i],
			    job->name);
	}
	return 0;
}

static const struct cli_verb verbs[] = {
	{ "init", "[--trees DIR] NAME", OPTIONS_TREES,
	    "make the directories of a container", cmd_init, 1, 1, 0 },
	{ "set", "[--trees DIR] NAME PATH", OPTIONS_TREES,
	    "add a generation and make it the current one",
	    cmd_set, 2, 2, 0 },
	{ "list", "[--json] NAME", OPTIONS_JSON, "list the generations",
	    cmd_list, 1, 1, 0 },
	{ "snapshots", "[--json] --trees DIR NAME", OPTIONS_JSON OPTIONS_TREES,
	    "list the snapshots, with their systems", cmd_snapshots, 1, 1, 0 },
	{ "path", "NAME [GENERATION|previous]", NULL,
	    "print the target of the current generation, or of another",
	    cmd_path, 1, 2, 0 },
	{ "check", "NAME", NULL, "print the generations with a bad target",
	    cmd_check, 1, 1, 0 },
	{ "rollback", "[--trees DIR] NAME [GENERATION]", OPTIONS_TREES,
	    "switch to the previous generation, or to the given one",
	    cmd_rollback, 1, 2, 0 },
	{ "delete-generations", "NAME SPEC...", NULL,
	    "delete generations; SPEC: old, DAYSd, +KEEP or numbers",
	    cmd_delete, 2, INT_MAX, 0 },
	{ "hold", "[--label LABEL] NAME PATH", OPTIONS_LABEL,
	    "keep the system that the container now runs", cmd_hold, 2, 2, 0 },
	{ "release", "[--label LABEL] NAME", OPTIONS_LABEL,
	    "the container has stopped: no longer keep what it ran",
	    cmd_release, 1, 1, 0 },
	{ "sync", "--root DIR NAME\n--trees DIR NAME\n--trees DIR --all",
	    OPTIONS_SYNC, "make roots for the links inside containers",
	    cmd_sync, 0, 1, 0 },
	{ "rm", "[--trees DIR] NAME", OPTIONS_TREES,
	    "remove the container's directories; --trees: and its tree",
	    cmd_rm, 1, 1, 0 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-gcroot", .verbs = verbs,
    .options = options_table, .common = OPTIONS_COMMON };

/*
 * The directories may belong to root of a user namespace and have any mode.
 * CAP_LINUX_IMMUTABLE removes immutable files, CAP_SYS_PTRACE opens the root of
 * a running container; without them the rest still works.
 */
static void
drop_caps(const struct cli_verb *verb)
{
	cap_value_t need[4] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER };
	const char *missing;
	int n = 3;

	if (verb->run == cmd_rm)
		need[n++] = CAP_LINUX_IMMUTABLE;
	if (verb->run == cmd_sync)
		need[n++] = CAP_SYS_PTRACE;
	if (privilege_only(need, n, &missing) == 0 ||
	    privilege_only(need, 3, &missing) == 0)
		return;
	if (missing)
		errx(1, "needs the capability %s", missing);
	err(1, "drop capabilities");
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job;
	struct errmsg why = { "" };
	int answer, status;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	answer = options_read(&cli, argv, &reader, &job, &why);
	if (answer < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(1, "write the output");
		return 0;
	}
	drop_caps(job.verb);
	status = job.verb->run(&job);
	if (fflush(stdout) != 0)
		err(1, "write the output");
	return status;
}
