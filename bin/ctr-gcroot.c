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
 * followed, and the profile is read as in lib/nix/profile.h.  The directories
 * above are for root alone, at every run: else a user of the host with the
 * number of one of the container's could write there too.
 *
 * The roots that sync makes are in a third one, lib/nix/roots.h.  lib/nix/options.c
 * reads what is asked; here it is done.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/privilege.h"
#include "base/exits.h"
#include "base/fd.h"
#include "nix/gc.h"
#include "nix/options.h"
#include "nix/sync.h"
#include "nix/check.h"
#include "nix/generation.h"
#include "nix/report.h"
#include "nix/dirs.h"
#include "tree/remove.h"

/* open_parent - the per-container directory of a kind; -1: there is none */
static int
open_parent(const struct options *line, enum nixdirs kind)
{
	int fd = dirs_parent(line->state, kind, false);

	if (fd < 0 && errno != ENOENT)
		err(1, "open %s/%s", line->state, dirs_path[kind]);
	return fd;
}

/* open_name - the container's directory of a kind */
static int
open_name(const struct options *line, enum nixdirs kind, bool make)
{
	int fd = dirs_open(line->state, kind, line->name, make);

	if (fd < 0 && errno == ENOENT && !make)
		errx(1, "%s has no profile in %s", line->name, line->state);
	if (fd < 0)
		err(1, "open %s/%s/%s", line->state, dirs_path[kind],
		    line->name);
	return fd;
}

/* open_profile - look after all parents, then the profile's directory */
static int
open_profile(const struct options *line, bool make)
{
	auto_close int roots = make ? open_name(line, DIRS_ROOTS, true) :
	    open_parent(line, DIRS_ROOTS);
	auto_close int synced = open_parent(line, DIRS_SYNCED);

	return open_name(line, DIRS_PROFILES, make);
}

static void
read_profile(const struct options *line, int dir, struct profile *p)
{
	if (profile_read(dir, p) < 0)
		err(1, "read profile of %s", line->name);
}

static void
init_verb(const struct options *line)
{
	auto_close int profile = open_profile(line, true);
}

static void
set_verb(const struct options *line)
{
	auto_close int dir = open_profile(line, true);
	auto_close int hold = -1;
	struct stat st;
	struct errmsg why = { "" };

	if (gc_hold(line->state, line->arg[0], line->wait_ms, &hold) < 0)
		err(1, "keep %s from the garbage collector", line->arg[0]);
	if (fstatat(AT_FDCWD, line->arg[0], &st, AT_SYMLINK_NOFOLLOW) < 0)
		errx(1, "%s is gone: it was collected as garbage",
		    line->arg[0]);
	if (generation_set(dir, line->name, line->wait_ms, line->arg[0], &why) < 0)
		errx(1, "%s", why.text);
}

static void
list_verb(const struct options *line)
{
	auto_close int dir = open_profile(line, false);
	struct profile p;

	read_profile(line, dir, &p);
	report_list(dir, &p, line->json);
	profile_free(&p);
}

static void
rollback_verb(const struct options *line)
{
	auto_close int dir = open_profile(line, false);
	struct errmsg why = { "" };

	if (generation_rollback(dir, line->name, line->wait_ms, line->args == 0 ? -1 :
	    select_number(line->arg[0], PROFILE_MAX), &why) < 0)
		errx(1, "%s", why.text);
}

static void
delete_verb(const struct options *line)
{
	auto_close int dir = open_profile(line, false);
	struct select spec;
	struct errmsg why = { "" };

	(void)select_parse(&spec, line->arg, line->args); /* gcline did */
	if (generation_delete(dir, line->name, line->wait_ms, &spec, &why) < 0)
		errx(1, "%s", why.text);
}

static void
path_verb(const struct options *line)
{
	auto_close int dir = open_profile(line, false);
	char target[PATH_MAX];
	struct profile p;

	read_profile(line, dir, &p);
	if (p.current < 0 || profile_target(dir, (uint32_t)p.current, target,
	    sizeof(target)) < 0)
		errx(1, "%s has no current generation", line->name);
	profile_free(&p);
	report_print(target, false);
	putchar('\n');
}

static void
check_verb(const struct options *line)
{
	auto_close int dir = open_profile(line, false);
	struct profile p;
	struct errmsg why = { "" };
	bool asked;
	int bad;

	read_profile(line, dir, &p);
	if ((bad = check_generations(dir, &p, &asked, &why)) < 0)
		errx(1, "%s", why.text);
	if (!asked)
		warnx("there is no nix-store: whether store paths are valid "
		    "was not checked");
	if (p.current < 0)
		warnx("%s has no current generation", line->name);
	if (fflush(stdout) != 0)
		err(1, "write the output");
	if (bad > 0 || p.current < 0)
		exit(1);
	profile_free(&p);
}

static void
sync_verb(const struct options *line)
{
	auto_close int profiles = open_parent(line, DIRS_PROFILES);
	auto_close int synced = open_parent(line, DIRS_SYNCED);
	const struct sync g = { .state = line->state, .root = line->root,
	    .trees = line->trees, .machines = line->machines,
	    .wait_ms = line->wait_ms };
	struct errmsg why = { "" };
	int r = sync_run(&g, line->name, &why);

	if (r < 0)
		errx(1, "%s", why.text);
	if (r == 0)
		exit(1);
}

/* The tree goes first: what it uses is then kept until nothing of it is left. */
static void
rm_tree(const struct options *line)
{
	auto_close int trees = open(line->trees,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (trees < 0 && errno == ENOENT)
		return;
	if (trees < 0)
		err(1, "open %s", line->trees);
	if (remove_at(trees, line->name) < 0 || fsync(trees) < 0)
		err(1, "remove %s/%s", line->trees, line->name);
}

static void
rm_verb(const struct options *line)
{
	if (line->trees)
		rm_tree(line);
	for (enum nixdirs i = 0; i < DIRS_N; i++) {
		auto_close int parent = open_parent(line, i);

		if (parent < 0)
			continue;
		if (remove_at(parent, line->name) < 0 || fsync(parent) < 0)
			err(1, "remove %s/%s/%s", line->state, dirs_path[i],
			    line->name);
	}
}

/* What each verb does, and a capability that is of use to it, or -1. */
static const struct {
	void (*act)(const struct options *line);
	int cap;
} acts[] = {
	[OPTIONS_INIT] = { init_verb, -1 },
	[OPTIONS_SET] = { set_verb, -1 },
	[OPTIONS_LIST] = { list_verb, -1 },
	[OPTIONS_PATH] = { path_verb, -1 },
	[OPTIONS_CHECK] = { check_verb, -1 },
	[OPTIONS_ROLLBACK] = { rollback_verb, -1 },
	[OPTIONS_DELETE] = { delete_verb, -1 },
	[OPTIONS_SYNC] = { sync_verb, CAP_SYS_PTRACE },
	[OPTIONS_RM] = { rm_verb, CAP_LINUX_IMMUTABLE },
};

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

	if (cap >= 0 && privilege_only(need, 4, &missing) == 0)
		return;
	if (privilege_only(need, 3, &missing) < 0) {
		if (missing)
			errx(1, "needs the capability %s", missing);
		err(1, "drop capabilities");
	}
}

int
main(int argc, char *argv[])
{
	struct options line;

	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	options_read(argc, argv, &line);
	drop_caps(acts[line.verb].cap);
	acts[line.verb].act(&line);
	if (fflush(stdout) != 0)
		err(1, "write the output");
	return 0;
}
