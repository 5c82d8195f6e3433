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
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caps.h"
#include "exits.h"
#include "fd.h"
#include "lockfile.h"
#include "name.h"
#include "nixdirs.h"
#include "opts.h"
#include "profile.h"
#include "rmtree.h"
#include "storepath.h"

static const char help[] =
	"usage: ctr-gcroot [OPTION]... init NAME\n"
	"       ctr-gcroot [OPTION]... set NAME PATH\n"
	"       ctr-gcroot [OPTION]... list [--json] NAME\n"
	"       ctr-gcroot [OPTION]... rollback NAME [GENERATION]\n"
	"       ctr-gcroot [OPTION]... path NAME\n"
	"       ctr-gcroot [OPTION]... rm [--trees DIR] NAME\n"
	"\n"
	"  --state-dir DIR  Nix's state ($NIX_STATE_DIR, else /nix/var/nix)\n"
	"  --wait SECONDS   how long to wait for the profile's lock (10)\n"
	"  --json           a list for programs\n"
	"  --trees DIR      remove the container's tree DIR/NAME, too\n";

struct job {
	const char *state, *name, *trees;
	const char *arg;	/* the verb's own argument, or NULL */
	int wait_ms;
	bool json;
};

/* parse_number - a decimal number, at most max; -1 if it is none */
static int64_t
parse_number(const char *s, int64_t max)
{
	int64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++)
		if (*s < '0' || *s > '9' || (v = v * 10 + (*s - '0')) > max)
			return -1;
	return v;
}

/* open_parent - the per-container directory of a kind; -1: there is none */
static int
open_parent(const struct job *job, enum nixdirs kind)
{
	int fd = nixdirs_parent(job->state, kind, false);

	if (fd < 0 && errno != ENOENT)
		err(1, "open %s/%s/per-container", job->state,
		    nixdirs_name[kind]);
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
		err(1, "open %s/%s/per-container/%s", job->state,
		    nixdirs_name[kind], job->name);
	return fd;
}

/* open_profile - look after all parents, then the profile's directory */
static int
open_profile(const struct job *job, bool make)
{
	auto_close int roots = make ? open_name(job, NIXDIRS_ROOTS, true) :
	    open_parent(job, NIXDIRS_ROOTS);

	return open_name(job, NIXDIRS_PROFILES, make);
}

static int
lock_profile(const struct job *job, int dir)
{
	int fd = lockfile_take(dir, PROFILE_LOCK, job->wait_ms);

	if (fd < 0 && errno == ETIMEDOUT)
		errx(1, "lock profile of %s: another process has held it for "
		    "%d s", job->name, job->wait_ms / 1000);
	if (fd < 0)
		err(1, "lock profile of %s: %s", job->name, PROFILE_LOCK);
	return fd;
}

static void
read_profile(const struct job *job, int dir, struct profile *p)
{
	if (profile_read(dir, p) < 0)
		err(1, "read profile of %s", job->name);
}

/* The text may come from the container: it shall not speak to the terminal. */
static void
print_text(const char *s, bool json)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c >= 0x7f)
			printf(json ? "\\u%04x" : "\\x%02x", c);
		else if (c == '\\' || (json && c == '"'))
			printf("\\%c", c);
		else
			putchar(c);
	}
}

static void
print_generation(int dir, const struct generation *g, bool current, bool json)
{
	char target[PATH_MAX], date[32];
	time_t t = (time_t)g->date;
	struct tm *tm = json ? gmtime(&t) : localtime(&t);

	if (profile_target(dir, g->number, target, sizeof(target)) < 0)
		return;		/* it has been removed meanwhile */
	if (!tm || strftime(date, sizeof(date), json ? "%Y-%m-%dT%H:%M:%SZ" :
	    "%Y-%m-%d %H:%M:%S", tm) == 0)
		strcpy(date, "-");
	if (json)
		printf("{\"number\":%" PRIu32 ",\"date\":\"%s\",\"target\":\"",
		    g->number, date);
	else
		printf("%4" PRIu32 "   %s   %-9s   ", g->number, date,
		    current ? "(current)" : "");
	print_text(target, json);
	if (json)
		printf("\",\"current\":%s}", current ? "true" : "false");
	else
		putchar('\n');
}

static void
init_verb(const struct job *job)
{
	auto_close int profile = open_profile(job, true);
}

/* add_generation - nix-env --set takes no lock, and may be the first to add */
static uint32_t
add_generation(const struct job *job, int dir)
{
	struct profile p;
	uint32_t number;
	int r, tries = 10;

	do {
		read_profile(job, dir, &p);
		r = profile_add(dir, &p, job->arg, &number);
		profile_free(&p);
	} while (r < 0 && errno == EEXIST && --tries > 0);
	if (r < 0)
		err(1, "add a generation to the profile of %s", job->name);
	return number;
}

static void
set_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, true);
	int lock = lock_profile(job, dir);
	uint32_t number = add_generation(job, dir);

	if (profile_switch(dir, number) < 0)
		err(1, "make generation %" PRIu32 " the current one of %s",
		    number, job->name);
	lockfile_drop(dir, PROFILE_LOCK, lock);
}

static void
list_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	struct profile p;

	read_profile(job, dir, &p);
	if (job->json)
		putchar('[');
	for (size_t i = 0; i < p.n; i++) {
		if (job->json && i > 0)
			fputs(",\n", stdout);
		print_generation(dir, &p.gen[i], p.gen[i].number == p.current,
		    job->json);
	}
	if (job->json)
		puts("]");
	profile_free(&p);
}

/* target_of_rollback - the one asked for, else the one before the current */
static uint32_t
target_of_rollback(const struct job *job, const struct profile *p)
{
	int64_t n = -1;

	if (job->arg) {
		n = parse_number(job->arg, PROFILE_MAX);
		if (!profile_find(p, n))
			errx(1, "%s has no generation %s", job->name, job->arg);
	}
	for (size_t i = 0; !job->arg && i < p->n; i++)
		if (p->gen[i].number < p->current)
			n = p->gen[i].number;
	if (n < 0 && p->current < 0)
		errx(1, "%s has no current generation", job->name);
	if (n < 0)
		errx(1, "%s has no generation before %" PRId64, job->name,
		    p->current);
	return (uint32_t)n;
}

static void
rollback_verb(const struct job *job)
{
	auto_close int dir = open_profile(job, false);
	int lock = lock_profile(job, dir);
	struct profile p;
	uint32_t number;

	read_profile(job, dir, &p);
	number = target_of_rollback(job, &p);
	if (profile_switch(dir, number) < 0)
		err(1, "make generation %" PRIu32 " the current one of %s",
		    number, job->name);
	profile_free(&p);
	lockfile_drop(dir, PROFILE_LOCK, lock);
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
	print_text(target, false);
	putchar('\n');
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
	static const enum nixdirs kinds[] = { NIXDIRS_PROFILES, NIXDIRS_ROOTS };

	if (job->trees)
		rm_tree(job);
	for (int i = 0; i < 2; i++) {
		auto_close int parent = open_parent(job, kinds[i]);

		if (parent < 0)
			continue;
		if (rmtree_at(parent, job->name) < 0 || fsync(parent) < 0)
			err(1, "remove %s/%s/per-container/%s", job->state,
			    nixdirs_name[kinds[i]], job->name);
	}
}

static const struct verb {
	const char *name;
	int min, max;		/* how many arguments, NAME among them */
	void (*act)(const struct job *job);
} verbs[] = {
	{ "init", 1, 1, init_verb },
	{ "set", 2, 2, set_verb },
	{ "list", 1, 1, list_verb },
	{ "rollback", 1, 2, rollback_verb },
	{ "path", 1, 1, path_verb },
	{ "rm", 1, 1, rm_verb },
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
 * have any mode.  Only a removal may meet files that were made immutable, and
 * without the last capability it still removes all others.
 */
static void
drop_caps(bool removal)
{
	static const cap_value_t need[] = { CAP_CHOWN, CAP_DAC_OVERRIDE,
	    CAP_FOWNER, CAP_LINUX_IMMUTABLE };
	const char *missing;

	if (removal && caps_only(need, 4, &missing) == 0)
		return;
	if (caps_only(need, 3, &missing) < 0) {
		if (missing)
			errx(1, "needs the capability %s", missing);
		err(1, "drop capabilities");
	}
}

/* check - what can be said of the arguments before anything is touched */
static void
check(const struct verb *verb, struct job *job)
{
	static char path[PATH_MAX];

	if (!name_ok(job->name))
		errx(EXIT_USAGE, "not a name of a container: %s (%s)",
		    job->name, NAME_ALLOWED);
	if (job->json && verb->act != list_verb)
		errx(EXIT_USAGE, "%s takes no --json", verb->name);
	if (job->trees && verb->act != rm_verb)
		errx(EXIT_USAGE, "%s takes no --trees", verb->name);
	if (job->trees && job->trees[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s", job->trees);
	if (job->state[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s", job->state);
	if (verb->act == rollback_verb && job->arg &&
	    parse_number(job->arg, PROFILE_MAX) < 0)
		errx(EXIT_USAGE, "not a number of a generation: %s", job->arg);
	if (verb->act != set_verb)
		return;
	if (job->arg[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s", job->arg);
	if (storepath_resolve(job->arg, path, sizeof(path)) < 0) {
		if (errno == EINVAL)
			errx(EXIT_USAGE, "not a store path: %s", job->arg);
		err(1, "%s", job->arg);
	}
	job->arg = path;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "wait", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "trees", required_argument, NULL, 't' },
		OPTS_COMMON
	};
	struct job job = { .state = getenv("NIX_STATE_DIR"), .wait_ms = 10000 };
	const struct verb *verb;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case 's':
			job.state = optarg;
			break;
		case 'w':
			if (parse_number(optarg, 86400) < 0)
				errx(EXIT_USAGE, "not seconds: %s", optarg);
			job.wait_ms = (int)parse_number(optarg, 86400) * 1000;
			break;
		case 'j':
			job.json = true;
			break;
		case 't':
			job.trees = optarg;
			break;
		OPTS_CASES(help, EXIT_USAGE);
		}
	if (!job.state)
		job.state = "/nix/var/nix";
	argc -= optind;
	argv += optind;

	verb = parse_verb(argc, argv);
	job.name = argv[1];
	job.arg = argc > 2 ? argv[2] : NULL;
	check(verb, &job);
	drop_caps(verb->act == rm_verb);
	verb->act(&job);
	if (fflush(stdout) != 0)
		err(1, "write the output");
	return 0;
}
