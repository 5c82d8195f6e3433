/* SPDX-License-Identifier: MIT */
/*
 * ctr-tree empty|remove|mkdir|put|get|unpack|init|check|exchange|idle [OPTION]...
 *  ROOT [ARGUMENT]...
 * ctr-tree send FILE COMMAND [ARGUMENT]...
 * ctr-tree receive PATH FILE COMMAND [ARGUMENT]...
 * ctr-tree at ROOT PATH COMMAND [ARGUMENT]...
 * ctr-tree seal [OPTION]... COMMAND [ARGUMENT]...
 * ctr-tree closure [OPTION]... DIR
 *
 * Work in the tree of a container.  The container's root may change the tree
 * at any time, so everything in it is reached by descriptors, and no path
 * leads out of it.
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
#include <unistd.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/privilege.h"
#include "base/visible.h"
#include "tree/check.h"
#include "tree/closure.h"
#include "tree/exchange.h"
#include "tree/idmap.h"
#include "tree/inits.h"
#include "tree/inroot.h"
#include "tree/lock.h"
#include "tree/place.h"
#include "tree/remove.h"
#include "tree/rights.h"
#include "tree/transfer.h"
#include "tree/unmount.h"
#include "tree/unpack.h"
#include "tree/view.h"

/* As good as none. */
#define MAX_LIMIT 0x4000000000000

/* A command line. */
struct cli_job {
	char **arg;		/* ROOT and the other operands; none is empty */
	struct view view;	/* seal, closure */
	pid_t leader;		/* closure: of a running container, or 0 */
	bool unshift;		/* unpack: owners of a container with users of its own */
	struct transfer transfer;	/* put, get; its limit is that of unpack, too */
	int hold;		/* idle: lock it by this descriptor, or -1 */
};

/* split - exits if the path does not end with a name */
static void
split(struct place *p, const char *path)
{
	struct errmsg why = { "" };

	if (place_split(p, path, &why) < 0)
		errx(EXIT_USAGE, "%s", why.text);
}

/* open_above - open the directory that holds the tree; it is the host's */
static int
open_above(const char *root, struct place *p)
{
	int dir;

	split(p, root);
	dir = open(p->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "open %s", p->above);
	return dir;
}

/* open_top - open the root directory of the tree, which may not be a link */
static int
open_top(const char *root, struct stat *st)
{
	struct place p;
	auto_close int above = open_above(root, &p);
	int top = openat(above, p.name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (top < 0 || fstat(top, st) < 0)
		err(1, "open %s", root);
	return top;
}

static int
empty_verb(const struct cli_job *job)
{
	struct place p;
	auto_close int above = open_above(job->arg[0], &p);

	if (remove_empty(above, p.name) < 0)
		err(1, "empty %s", job->arg[0]);
	return 0;
}

static int
remove_verb(const struct cli_job *job)
{
	struct place p;
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);
	auto_close int dir = -1;

	split(&p, job->arg[1]);
	dir = place_dir(top, p.above);
	if (dir < 0)
		err(1, "open %s", p.above);
	if (remove_at(dir, p.name) < 0)
		err(1, "remove %s", job->arg[1]);
	return 0;
}

static int
mkdir_verb(const struct cli_job *job)
{
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);
	auto_close int dir = inroot_mkdirs(top, job->arg[1], 0755);

	if (dir < 0)
		err(1, "mkdir %s", job->arg[1]);
	return 0;
}

/*
 * confine_copy - what reads or makes the files of a copy needs no more
 *
 * To or from another machine, whoever has the file can copy it.
 */
static void
confine_copy(void)
{
	const char *missing;

	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	if (rights_keep(RIGHTS_FILES, &missing) < 0 &&
	    privilege_only(NULL, 0, &missing) < 0)
		err(1, "drop capabilities");
}

/* outcome - of a copy: print what it has to say, and return its status */
static int
outcome(const struct transfer *t, const char *what, int status, const char *why)
{
	if (*why) {
		fputs("ctr-tree: ", stderr);
		visible_line(stderr, why);
		fputc('\n', stderr);
	}
	if (status == 0 && t->skipped)
		warnx("copy %s: %lu skipped: not a file, directory or link", what,
		    t->skipped);
	if (status == 0 && t->lost)
		warnx("copy %s: %lu attributes or ACLs lost, which cannot be set there",
		    what, t->lost);
	return status;
}

/* copy_with - of three operands */
static int
copy_with(const struct cli_job *job, int (*copy)(struct transfer *, const char *,
    const char *, const char *, struct errmsg *))
{
	struct transfer t = job->transfer;
	struct errmsg why = { "" };
	int status = copy(&t, job->arg[0], job->arg[1], job->arg[2], &why);

	return outcome(&t, job->arg[1], status, why.text);
}

static int
put_verb(const struct cli_job *job)
{
	return copy_with(job, transfer_put);
}

static int
get_verb(const struct cli_job *job)
{
	return copy_with(job, transfer_get);
}

static int
send_verb(const struct cli_job *job)
{
	struct transfer t = job->transfer;
	struct errmsg why = { "" };
	int status = transfer_send(&t, job->arg[0], job->arg + 1, confine_copy, &why);

	return outcome(&t, job->arg[0], status, why.text);
}

static int
receive_verb(const struct cli_job *job)
{
	struct transfer t = job->transfer;
	struct errmsg why = { "" };
	int status = transfer_receive(&t, job->arg[0], job->arg[1], job->arg + 2,
	    confine_copy, &why);

	return outcome(&t, job->arg[0], status, why.text);
}

static int
unpack_verb(const struct cli_job *job)
{
	const struct archive_limit limit = { job->transfer.limit.bytes,
	    job->transfer.limit.files, job->unshift };
	struct errmsg why = { "" };
	struct place p;
	auto_close int above = open_above(job->arg[0], &p);
	uint64_t devices = 0;

	if (unpack_into(above, p.name, STDIN_FILENO, &limit, &devices, &why) < 0)
		errx(1, "%s", why.text);
	if (devices)
		warnx("unpack: device nodes left out: %llu",
		    (unsigned long long)devices);
	return 0;
}

static int
init_verb(const struct cli_job *job)
{
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);
	const char *init = inits_first(top);

	if (init)
		return puts(init) == EOF || fflush(stdout) == EOF;
	errx(1, "%s: no init in it: expected /usr/lib/systemd/systemd or /sbin/init",
	    job->arg[0]);
}

/* on_top - what: begins the message, if it fails */
static int
on_top(const struct cli_job *job, const char *what, int (*work)(int top,
    struct errmsg *))
{
	struct errmsg why = { "" };
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);

	if (work(top, &why) < 0)
		errx(1, "%s%s: %s", what, job->arg[0], why.text);
	return 0;
}

static int
check_verb(const struct cli_job *job)
{
	return on_top(job, "check ", check_tree);
}

static int
unmount_verb(const struct cli_job *job)
{
	return on_top(job, "", unmount_below);
}

static int
exchange_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };
	struct place one, other;
	auto_close int above = open_above(job->arg[0], &one);
	auto_close int above2 = open_above(job->arg[1], &other);

	if (exchange(above, one.name, above2, other.name, &why) < 0)
		errx(1, "exchange: %s", why.text);
	return 0;
}

static int
idmap_verb(const struct cli_job *job)
{
	int works = idmap_works(job->arg[0]);

	if (works < 0)
		err(EXIT_USAGE, "%s", job->arg[0]);
	return !works;
}

static int
idle_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };
	int held = lock_of(job->arg[0], job->hold, &why);

	if (held < 0)
		errx(EXIT_USAGE, "%s", why.text);
	return held;
}

/*
 * at_verb - the current directory of the command cannot be exchanged any more
 *
 * Fails with a status of its own, unlike open_top.
 */
static int
at_verb(const struct cli_job *job)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	auto_close int top = -1;
	auto_close int dir = -1;

	top = open(job->arg[0], O_PATH | flags);
	if (top < 0)
		err(EXIT_TOOL, "open %s", job->arg[0]);
	dir = inroot_open(top, job->arg[1], O_RDONLY | flags, INROOT_NO_LINKS);
	if (dir < 0)
		err(EXIT_TOOL, "open %s in %s", job->arg[1], job->arg[0]);
	if (fchdir(dir) < 0)
		err(EXIT_TOOL, "change to %s", job->arg[1]);
	execvp(job->arg[2], job->arg + 2);
	err(exits_exec(errno), "exec %s", job->arg[2]);
}

/* warn_unsealed - entered: by view_enter; failed: the status if that failed */
static void
warn_unsealed(int entered, int failed, const char *why)
{
	if (entered < 0)
		errx(failed, "%s", why);
	if (entered > 0)
		warnx("%s; continuing without", why);
}

static int
seal_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };

	warn_unsealed(view_enter(&job->view, &why), EXIT_TOOL, why.text);
	if (job->view.closure && closure_share(job->view.closure, &why) < 0)
		errx(EXIT_TOOL, "%s", why.text);
	execvp(job->arg[0], job->arg);
	err(exits_exec(errno), "exec %s", job->arg[0]);
}

static int
closure_verb(const struct cli_job *job)
{
	struct closure c = { NULL, 0 };
	struct errmsg why = { "" };
	struct view view = job->view;

	if (closure_read(stdin, &c, &why) < 0)
		errx(1, "%s", why.text);
	if (job->leader && view_closure(&view, job->arg[0], &why) < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (job->leader)
		warn_unsealed(view_show(&view, job->leader, &c, &why), 1, why.text);
	else if (closure_add(job->arg[0], &c, &why) < 0)
		errx(1, "%s", why.text);
	return 0;
}

static const struct cli_option options[] = {
	{ 'b', "backup", NULL, "keep a replaced file as PATH.~N~", false },
	{ 't', "tar", NULL, "FILE is a tar, of what is copied", false },
	{ 'u', "user", "USER", "the copy belongs to this user of the tree, by name or\n"
	    "number (root)", false },
	{ 'n', "name", "NAME", "name of the copy, if PATH is a directory", false },
	{ 'p', "path", "PATH", "seal this path of the host; may be repeated",
	    false },
	{ 'o', "optional", NULL, "if paths cannot be sealed here, only warn",
	    false },
	{ 'c', "closure", "DIR", "mount what closure made in DIR, and seal it, too",
	    false },
	{ 'l', "leader", "PID", "for the running container of this process",
	    false },
	{ 'B', "max-bytes", "N", "fail if the files have more bytes", false },
	{ 'F', "max-files", "N", "fail if there are more files", false },
	{ 'D', "max-depth", "N", "fail if directories are nested deeper", false },
	{ 'P', "plain", NULL, "fail at a device, FIFO or socket, and let all\n"
	    "users read the copy", false },
	{ 'U', "unshift", NULL, "of owners above 65535, keep the low 16 bits", false },
	{ 'H', "hold", "FD", "lock it, too, as long as this descriptor is open",
	    false },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "empty", "ROOT", NULL,
	    "remove everything in a container's tree; ROOT itself stays",
	    empty_verb, 1, 1, 0 },
	{ "remove", "ROOT PATH", NULL,
	    "remove PATH from the tree, with its contents",
	    remove_verb, 2, 2, 0 },
	{ "mkdir", "ROOT PATH", NULL,
	    "make the directory PATH in the tree, and its parents",
	    mkdir_verb, 2, 2, 0 },
	{ "put", "[--backup] [--tar] [--user USER] [--name NAME]\n"
	    " ROOT FILE PATH", "btun",
	    "copy a file or directory of the host to PATH in the tree",
	    put_verb, 3, 3, 0 },
	{ "get", "[--max-bytes N] [--max-files N] [--max-depth N]\n"
	    " [--plain] [--tar] ROOT PATH FILE", "BFDPt",
	    "copy PATH from the tree to FILE on the host",
	    get_verb, 3, 3, 0 },
	{ "send", "FILE COMMAND [ARGUMENT]...", NULL,
	    "run a command that reads FILE of the host as a tar",
	    send_verb, 2, INT_MAX, 2 },
	{ "receive", "PATH FILE COMMAND [ARGUMENT]...", NULL,
	    "copy the tar of PATH that a command writes to FILE on the host",
	    receive_verb, 3, INT_MAX, 3 },
	{ "unpack", "[--max-bytes N] [--max-files N] [--unshift] ROOT", "BFU",
	    "unpack the tar on standard input into the empty directory ROOT",
	    unpack_verb, 1, 1, 0 },
	{ "init", "ROOT", NULL,
	    "print the first program of a tree that boots by itself",
	    init_verb, 1, 1, 0 },
	{ "check", "ROOT", NULL,
	    "check that systemd-nspawn would not be led out of the tree",
	    check_verb, 1, 1, 0 },
	{ "at", "ROOT PATH COMMAND [ARGUMENT]...", NULL,
	    "run a command of the host in the directory PATH of the tree",
	    at_verb, 3, INT_MAX, 3 },
	{ "seal", "[--path PATH]... [--closure DIR] [--optional]\n"
	    " COMMAND [ARGUMENT]...", "pco",
	    "run a command for which paths are read-only for good",
	    seal_verb, 1, INT_MAX, 1 },
	{ "closure", "[--leader PID] [--optional] DIR", "lo",
	    "prepare a view of the store paths on standard input alone",
	    closure_verb, 1, 1, 0 },
	{ "unmount", "ROOT", NULL, "unmount what is mounted below ROOT",
	    unmount_verb, 1, 1, 0 },
	{ "exchange", "ROOT OTHER", NULL,
	    "let two directories change their places, both at once",
	    exchange_verb, 2, 2, 0 },
	{ "idmap", "DIR", NULL, "exit with 0 if mounts of DIR can map user IDs",
	    idmap_verb, 1, 1, 0 },
	{ "idle", "[--hold FD] ROOT", "H",
	    "exit with 0 if no systemd-nspawn has locked the tree",
	    idle_verb, 1, 1, 0 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-tree", .verbs = verbs,
    .options = options,
    .notes = "FILE may be -, for standard input or output." };

static int
set_leader(struct cli_job *job, const char *value, struct errmsg *why)
{
	long long pid = num_read(value, INT_MAX);

	if (pid <= 0)
		return errmsg_set(why, "--leader: expected a process ID: %s",
		    value);
	job->leader = (pid_t)pid;
	return 0;
}

static int
set_limit(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	long long n = num_read(r->value, MAX_LIMIT);

	if (n < 0)
		return errmsg_set(why, "--%s: expected a number: %s",
		    r->option->name, r->value);
	job->transfer.limited = true;
	switch (r->option->key) {
	case 'B': job->transfer.limit.bytes = n; break;
	case 'F': job->transfer.limit.files = n; break;
	case 'D': job->transfer.limit.depth = n; break;
	}
	return 0;
}

/* set_hold - a descriptor of the caller's, on the lock file */
static int
set_hold(struct cli_job *job, const char *value, struct errmsg *why)
{
	long long fd = num_read(value, INT_MAX);

	if (fd < 0 || fcntl((int)fd, F_GETFD) < 0)
		return errmsg_set(why, "--hold: expected an open descriptor: %s",
		    value);
	job->hold = (int)fd;
	return 0;
}

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	switch (r->option->key) {
	case 'b': job->transfer.backup = true; return 0;
	case 't': job->transfer.tar = true; return 0;
	case 'u': job->transfer.user = r->value; return 0;
	case 'n': job->transfer.name = r->value; return 0;
	case 'o': job->view.optional = true; return 0;
	case 'p': return view_path(&job->view, r->value, why);
	case 'c': return view_closure(&job->view, r->value, why);
	case 'l': return set_leader(job, r->value, why);
	case 'P': job->transfer.plain = true; return 0;
	case 'U': job->unshift = true; return 0;
	case 'H': return set_hold(job, r->value, why);
	default:  return set_limit(job, r, why);
	}
}

static enum rights
rights_of(const struct cli_verb *verb)
{
	if (verb->run == idmap_verb || verb->run == unmount_verb)
		return RIGHTS_MOUNTS;
	if (verb->run == empty_verb || verb->run == remove_verb)
		return RIGHTS_REMOVE;
	if (verb->run == closure_verb)
		return RIGHTS_CLOSURE;
	return verb->run == unpack_verb ? RIGHTS_JAIL : RIGHTS_FILES;
}

/* executes - does it become a command, with all that the caller may do? */
static bool
executes(const struct cli_verb *verb)
{
	return verb->run == seal_verb || verb->run == at_verb ||
	    verb->run == send_verb || verb->run == receive_verb;
}

/* confine - all verbs but those that execute a command */
static void
confine(const struct cli_reader *r)
{
	const char *missing;

	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	if (rights_keep(rights_of(r->verb), &missing) == 0)
		return;
	if (missing)
		errx(r->verb->run == idmap_verb ? EXIT_USAGE : 1,
		    "needs the capability %s", missing);
	err(1, "drop capabilities");
}

/* failure - the status of a mistake: a verb that runs a command has 125 */
static int
failure(const struct cli_verb *verb)
{
	return verb && executes(verb) ? EXIT_TOOL : EXIT_USAGE;
}

/* check_operands - an unset variable must not mean the whole tree */
static void
check_operands(const struct cli_reader *r)
{
	int n = r->verb->command ? r->verb->command - 1 : r->operands;

	for (int i = 0; i < n; i++)
		if (!*r->operand[i])
			errx(failure(r->verb), "%s: empty argument", r->verb->name);
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { .hold = -1,
	    .transfer.limit = { MAX_LIMIT, MAX_LIMIT, MAX_LIMIT } };
	struct errmsg why = { "" };
	int answer;

	job.view.path = calloc((size_t)argc + 1, sizeof(*job.view.path));
	if (!job.view.path)
		err(EXIT_TOOL, "read the command line");
	answer = cli_read(&reader, &cli, argv, set_option, &job, &why);
	if (privilege_refuse_setuid() < 0)
		errx(failure(reader.verb), PRIVILEGE_SETUID);
	if (answer < 0)
		errx(failure(reader.verb), "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(1, "write the output");
		return 0;
	}
	job.arg = reader.operand;
	check_operands(&reader);
	if (!executes(reader.verb))
		confine(&reader);
	return reader.verb->run(&job);
}
