/* SPDX-License-Identifier: MIT */
/*
 * ctr-tree empty|remove|mkdir|put|get|unpack|init|check|exchange|idle [OPTION]...
 *  ROOT [ARGUMENT]...
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
#include "tree/copy.h"
#include "tree/exchange.h"
#include "tree/idmap.h"
#include "tree/inroot.h"
#include "tree/lock.h"
#include "tree/nspawn.h"
#include "tree/remove.h"
#include "tree/seal.h"
#include "tree/unmount.h"
#include "tree/unpack.h"

/* As good as none. */
#define MAX_LIMIT 0x4000000000000

/* A systemd-nspawn whose container has ended still holds its lock for a moment. */
enum { END_MS = 3000 };

/* A command line. */
struct cli_job {
	char **arg;		/* ROOT and the other operands; none is empty */
	bool backup;		/* keep the file that put replaces */
	bool optional;		/* seal: if that is impossible, only warn */
	char **sealed;		/* seal: n paths of the host */
	size_t n;
	const char *closure;	/* seal: mount this view of the store, or NULL */
	pid_t leader;		/* closure: of a running container, or 0 */
	bool plain;		/* get: for others to read, without odd files */
	bool unshift;		/* unpack: owners of a container with users of its own */
	bool limited;
	struct copy_limit limit;
	int hold;		/* idle: lock it by this descriptor, or -1 */
};

/* A path in two parts: the directory above, and the name in it. */
struct path {
	char above[PATH_MAX];
	char name[NAME_MAX + 1];
};

/* split_path - exits if the path does not end with a name */
static void
split_path(struct path *p, const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 0 && path[end - 1] == '/')
		end--;
	begin = end;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	if (begin >= sizeof(p->above) || end - begin >= sizeof(p->name)) {
		errno = ENAMETOOLONG;
		err(EXIT_USAGE, "%s", path);
	}
	snprintf(p->above, sizeof(p->above), "%.*s", (int)begin, path);
	if (begin == 0)
		strcpy(p->above, ".");
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(end - begin),
	    path + begin);
	if (!*p->name || !strcmp(p->name, ".") || !strcmp(p->name, ".."))
		errx(EXIT_USAGE, "no name at the end of the path: %s", path);
}

/* open_above - open the directory that holds the tree; it is the host's */
static int
open_above(const char *root, struct path *p)
{
	int dir;

	split_path(p, root);
	dir = open(p->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "open %s", p->above);
	return dir;
}

/* open_top - open the root directory of the tree, which may not be a link */
static int
open_top(const char *root, struct stat *st)
{
	struct path p;
	auto_close int above = open_above(root, &p);
	int top = openat(above, p.name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (top < 0 || fstat(top, st) < 0)
		err(1, "open %s", root);
	return top;
}

/*
 * own_fd - the descriptor that a file argument names, or -1
 *
 * dash: the meaning of "-".  Called before anything is opened, so that it
 * cannot name one of our own.
 */
static int
own_fd(const char *file, int dash)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	static const char *const names[] = { "/dev/stdin", "/dev/stdout",
	    "/dev/stderr" };
	int fd = -1;

	if (!strcmp(file, "-"))
		fd = dash;
	for (int i = 0; i < 3; i++)
		if (!strcmp(file, names[i]))
			fd = i;
	for (int i = 0; i < 2; i++) {
		const char *number = file + strlen(dirs[i]);

		if (!strncmp(file, dirs[i], strlen(dirs[i])) && *number &&
		    strspn(number, "0123456789") == strlen(number))
			fd = atoi(number);
	}
	if (fd >= 0 && fcntl(fd, F_GETFD) < 0)
		err(1, "%s", file);
	return fd;
}

/* open_dir - in the tree, or on the host if top is -1 */
static int
open_dir(int top, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	if (top < 0)
		return open(path, flags);
	return inroot_open(top, path, flags, INROOT_LINKS);
}

/*
 * open_target - open the directory to copy into; p->name: the copy's name
 *
 * If to is a directory, the copy keeps the name it has in from; otherwise to
 * ends with the name.  top is the tree that to is in, or -1 for the host.
 * p->name is "" if to is a directory and from is NULL.
 */
static int
open_target(int top, const char *from, const char *to, struct path *p)
{
	int dir = open_dir(top, to);

	p->name[0] = '\0';
	if (dir >= 0) {
		if (from)
			split_path(p, from);
		return dir;
	}
	if (errno != ENOENT && errno != ENOTDIR)
		err(1, "open %s", to);
	split_path(p, to);
	dir = open_dir(top, p->above);
	if (dir < 0)
		err(1, "open %s", p->above);
	return dir;
}

/* why_not - copied, by errno; what lies in the tree has any name */
static const char *
why_not(const struct cli_job *job)
{
	switch (errno) {
	case EINVAL: return "not a regular file, directory or link";
	case EFBIG: return job->limited ? "more than --max-bytes" : NULL;
	case EDQUOT: return job->limited ? "more than --max-files" : NULL;
	case ELOOP: return "too many directories in each other";
	default: return NULL;
	}
}

static _Noreturn void
copy_failed(const struct cli_job *job, const char *at)
{
	const char *why = why_not(job);

	if (!why)
		why = strerror(errno);
	fprintf(stderr, "ctr-tree: copy %s%s", job->arg[1],
	    *at && job->arg[1][strlen(job->arg[1]) - 1] != '/' ? "/" : "");
	visible_line(stderr, at);
	fprintf(stderr, " to %s: %s\n", job->arg[2], why);
	exit(1);
}

static void
copy(const struct cli_job *job, int node, int dir, const char *name,
    struct copy_tree how)
{
	struct copy_limit limit = job->limit;
	char at[PATH_MAX] = "";
	unsigned long skipped = 0;

	how.at = at;
	how.readable = job->plain;
	how.skipped = job->plain ? NULL : &skipped;
	how.limit = job->limited ? &limit : NULL;
	if (copy_tree(node, dir, name, &how) < 0)
		copy_failed(job, at);
	if (skipped)
		warnx("copy %s: %lu skipped: not a file, directory or link",
		    job->arg[1], skipped);
}

static int
empty_verb(const struct cli_job *job)
{
	struct path p;
	auto_close int above = open_above(job->arg[0], &p);

	if (remove_empty(above, p.name) < 0)
		err(1, "empty %s", job->arg[0]);
	return 0;
}

static int
remove_verb(const struct cli_job *job)
{
	struct path p;
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);
	auto_close int dir = -1;

	split_path(&p, job->arg[1]);
	dir = open_dir(top, p.above);
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

/* open_source - for put; a FIFO or a device is read as a stream */
static int
open_source(const char *file, bool *stream)
{
	auto_close int node = open(file, O_PATH | O_CLOEXEC);
	struct stat st;
	int fd;

	if (node < 0 || fstat(node, &st) < 0)
		err(1, "open %s", file);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return fd_take(&node);
	*stream = true;
	fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		err(1, "open %s", file);
	return fd;
}

static int
put_verb(const struct cli_job *job)
{
	int own = own_fd(job->arg[1], STDIN_FILENO);
	bool stream = own >= 0;
	int node = stream ? own : open_source(job->arg[1], &stream);
	auto_close int dir = -1;
	struct path p;
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);

	dir = open_target(top, own < 0 ? job->arg[1] : NULL, job->arg[2], &p);
	if (!*p.name) {
		errno = EISDIR;		/* a descriptor has no name to keep */
		err(1, "copy %s to %s", job->arg[1], job->arg[2]);
	}
	copy(job, node, dir, p.name, (struct copy_tree){ .uid = st.st_uid,
	    .gid = st.st_gid, .mask = 07777, .stream = stream,
	    .backup = job->backup });
	return 0;
}

/*
 * open_special - open a file for get to write into; -1: create or replace it
 *
 * A device such as /dev/null is not replaced, and links are followed, as cp(1)
 * does.
 */
static int
open_special(const char *file)
{
	int fd, flags = O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC;
	struct stat st;

	if (lstat(file, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return -1;
	if (stat(file, &st) < 0)
		flags |= O_CREAT;
	else if (S_ISDIR(st.st_mode))
		return -1;
	fd = open(file, flags, 0666);
	if (fd < 0)
		err(1, "open %s", file);
	return fd;
}

/* Copies from a container get no rights that the caller does not have. */
static int
get_verb(const struct cli_job *job)
{
	int out = own_fd(job->arg[2], STDOUT_FILENO);
	auto_close int dir = -1;
	struct path p;
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);
	auto_close int node = inroot_open(top, job->arg[1], O_PATH, INROOT_LINKS);

	if (node < 0 || fstat(node, &st) < 0)
		err(1, "open %s", job->arg[1]);
	if (out < 0 && S_ISREG(st.st_mode))
		out = open_special(job->arg[2]);
	if (out >= 0) {
		if (copy_out(node, out, job->limit.bytes) < 0 || close(out) < 0)
			copy_failed(job, "");
		return 0;
	}
	dir = open_target(-1, job->arg[1], job->arg[2], &p);
	copy(job, node, dir, p.name, (struct copy_tree){ .uid = geteuid(),
	    .gid = getegid(), .mask = 0777 });
	return 0;
}

/* unpack_verb - all of standard input's tar or nothing, in an empty directory */
static int
unpack_verb(const struct cli_job *job)
{
	const struct archive_limit limit = { job->limit.bytes, job->limit.files,
	    job->unshift };
	struct errmsg why = { "" };
	struct path p;
	struct stat st;
	auto_close int above = open_above(job->arg[0], &p);
	auto_close int top = openat(above, p.name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t devices = 0;

	if (top < 0 || fstat(top, &st) < 0)
		err(1, "open %s", job->arg[0]);
	if (fd_is_empty(top) != 1)
		errx(1, "%s: expected an empty directory", job->arg[0]);
	if (unpack(top, STDIN_FILENO, &limit, &devices, &why) < 0) {
		if (remove_empty(above, p.name) < 0)
			warn("empty %s", job->arg[0]);
		errx(1, "unpack: %s", why.text);
	}
	if (fchown(top, st.st_uid, st.st_gid) < 0 ||
	    fchmod(top, st.st_mode & 07777) < 0)
		err(1, "give %s its owner and mode", job->arg[0]);
	if (devices)
		warnx("unpack: device nodes left out: %llu",
		    (unsigned long long)devices);
	return 0;
}

/* init_verb - what systemd-nspawn --boot would execute */
static int
init_verb(const struct cli_job *job)
{
	static const char *const inits[] = { "/usr/lib/systemd/systemd",
	    "/lib/systemd/systemd", "/sbin/init" };
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);

	for (size_t i = 0; i < sizeof(inits) / sizeof(*inits); i++) {
		auto_close int fd = inroot_open(top, inits[i], O_PATH,
		    INROOT_LINKS);

		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		    !(st.st_mode & 0111))
			continue;
		puts(inits[i]);
		return fflush(stdout) == EOF;
	}
	errx(1, "%s: no init in it: expected /usr/lib/systemd/systemd or "
	    "/sbin/init", job->arg[0]);
}

static int
check_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);

	if (check_tree(top, &why) < 0)
		errx(1, "check %s: %s", job->arg[0], why.text);
	return 0;
}

static int
exchange_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };
	struct path one, other;
	auto_close int above = open_above(job->arg[0], &one);
	auto_close int above2 = open_above(job->arg[1], &other);

	if (exchange(above, one.name, above2, other.name, &why) < 0)
		errx(1, "exchange: %s", why.text);
	return 0;
}

static int
unmount_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };
	struct stat st;
	auto_close int top = open_top(job->arg[0], &st);

	if (unmount_below(top, &why) < 0)
		errx(1, "%s: %s", job->arg[0], why.text);
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

/* idle_verb - a tree that is missing is idle, too; 1 says that it is in use */
static int
idle_verb(const struct cli_job *job)
{
	struct path p;
	auto_close int dir = -1;
	int held;

	split_path(&p, job->arg[0]);
	dir = open(p.above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT && job->hold < 0)
		return 0;
	if (dir < 0)
		err(EXIT_USAGE, "open %s", p.above);
	if (job->hold >= 0)
		held = lock_take(dir, p.name, job->hold, END_MS);
	else
		held = lock_held(dir, p.name);
	if (held < 0)
		err(EXIT_USAGE, "lock of %s", job->arg[0]);
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

	if (!*job->arg[0] || !*job->arg[1])
		errx(EXIT_TOOL, "at: empty argument");
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

/* cannot_seal - of an error: does this host have no means for it? */
static bool
cannot_seal(int error)
{
	return error == ENOSYS || error == ENOSPC || error == EUSERS ||
	    error == EPERM;
}

/*
 * seal - mount the view and seal all paths, in a mount namespace of this process
 *
 * A container that may not see the whole store does not start without its view,
 * sealed or not.
 */
static void
seal(const struct cli_job *job, int failed)
{
	struct errmsg why = { "" };

	if ((seal_begin(&why) < 0 && (job->closure || !cannot_seal(errno))) ||
	    (job->closure && closure_mount(job->closure, &why) < 0))
		errx(failed, "%s", why.text);
	if (!*why.text && seal_paths(job->sealed, job->n, &why) == 0)
		return;
	if (!job->optional || !cannot_seal(errno))
		errx(failed, "%s", why.text);
	warnx("%s; continuing without", why.text);
}

static int
seal_verb(const struct cli_job *job)
{
	struct errmsg why = { "" };

	seal(job, EXIT_TOOL);
	if (job->closure && closure_share(job->closure, &why) < 0)
		errx(EXIT_TOOL, "%s", why.text);
	execvp(job->arg[0], job->arg);
	err(exits_exec(errno), "exec %s", job->arg[0]);
}

static int
add_sealed(struct cli_job *job, const char *path, struct errmsg *why)
{
	if (*path != '/')
		return errmsg_set(why, "not an absolute path: %s", path);
	job->sealed[job->n++] = (char *)path;
	return 0;
}

/* set_closure - the view is sealed like other paths */
static int
set_closure(struct cli_job *job, const char *dir, struct errmsg *why)
{
	if (job->closure)
		return errmsg_set(why, "--closure: expected once");
	job->closure = dir;
	return add_sealed(job, dir, why);
}

/* closure_show - show these paths to a running container, if it lacks some */
static void
closure_show(struct cli_job job, struct closure *c)
{
	struct errmsg why = { "" };
	struct nspawn nspawn;
	auto_close int now = -1;

	if (set_closure(&job, job.arg[0], &why) < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (nspawn_open(job.leader, &nspawn, &why) == 0)
		now = nspawn_dir(&nspawn, job.closure, &why);
	if (now < 0 || closure_keep_missing(c, now, &why) < 0)
		errx(1, "%s", why.text);
	if (c->n == 0)
		return;
	if (closure_add(job.closure, c, &why) < 0)
		errx(1, "%s", why.text);
	seal(&job, 1);
	if (nspawn_mount(&nspawn, job.closure, &why) < 0)
		errx(1, "%s", why.text);
}

static int
closure_verb(const struct cli_job *job)
{
	struct closure c = { NULL, 0 };
	struct errmsg why = { "" };

	if (closure_read(stdin, &c, &why) < 0)
		errx(1, "%s", why.text);
	if (job->leader)
		closure_show(*job, &c);
	else if (closure_add(job->arg[0], &c, &why) < 0)
		errx(1, "%s", why.text);
	return 0;
}

static const struct cli_option options[] = {
	{ 'b', "backup", NULL, "keep a replaced file as PATH.~N~", false },
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
	{ "put", "[--backup] ROOT FILE PATH", "b",
	    "copy a file or directory of the host to PATH in the tree",
	    put_verb, 3, 3, 0 },
	{ "get", "[--max-bytes N] [--max-files N] [--max-depth N]\n"
	    " [--plain] ROOT PATH FILE", "BFDP",
	    "copy PATH from the tree to FILE on the host",
	    get_verb, 3, 3, 0 },
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
	job->limited = true;
	switch (r->option->key) {
	case 'B': job->limit.bytes = n; break;
	case 'F': job->limit.files = n; break;
	case 'D': job->limit.depth = n; break;
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
	case 'b': job->backup = true; return 0;
	case 'o': job->optional = true; return 0;
	case 'p': return add_sealed(job, r->value, why);
	case 'c': return set_closure(job, r->value, why);
	case 'l': return set_leader(job, r->value, why);
	case 'P': job->plain = true; return 0;
	case 'U': job->unshift = true; return 0;
	case 'H': return set_hold(job, r->value, why);
	default:  return set_limit(job, r, why);
	}
}

/* check_operands - an unset variable must not mean the whole tree */
static void
check_operands(const struct cli_reader *r)
{
	for (int i = 0; i < r->operands; i++)
		if (!*r->operand[i])
			errx(EXIT_USAGE, "%s: empty argument", r->verb->name);
}

/*
 * The tree may belong to the root of a user namespace, and have any mode.
 * Only a removal needs to clear immutable flags; without that capability it
 * still removes all other files.
 */
static void
drop_caps(const struct cli_verb *verb)
{
	static const cap_value_t need[] = { CAP_CHOWN, CAP_DAC_OVERRIDE,
	    CAP_FOWNER, CAP_LINUX_IMMUTABLE }, mounts[] = { CAP_SYS_ADMIN,
	    CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETGID }, closure[] = {
	    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_SYS_ADMIN,
	    CAP_SYS_CHROOT, CAP_SYS_PTRACE }, jail[] = {
	    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP,
	    CAP_SYS_ADMIN, CAP_SETPCAP, CAP_SETUID, CAP_SETGID };
	const char *missing;
	int answer;

	if ((verb->run == idmap_verb || verb->run == unmount_verb) &&
	    privilege_only(mounts, 4, &missing) == 0)
		return;
	if ((verb->run == empty_verb || verb->run == remove_verb) &&
	    privilege_only(need, 4, &missing) == 0)
		return;
	if (verb->run == closure_verb)
		answer = privilege_only(closure, 6, &missing);
	else if (verb->run == unpack_verb)
		answer = privilege_only(jail, 9, &missing);
	else
		answer = privilege_only(need, 3, &missing);
	if (answer == 0)
		return;
	if (missing)
		errx(verb->run == idmap_verb ? EXIT_USAGE : 1,
		    "needs the capability %s", missing);
	err(1, "drop capabilities");
}

/* executes - does it become a command, with all that the caller may do? */
static bool
executes(const struct cli_verb *verb)
{
	return verb->run == seal_verb || verb->run == at_verb;
}

/* confine - all verbs but those that execute a command */
static void
confine(const struct cli_reader *r)
{
	check_operands(r);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	drop_caps(r->verb);
}

/* failure - the status of a mistake: a verb that runs a command has 125 */
static int
failure(const struct cli_verb *verb)
{
	return verb && executes(verb) ? EXIT_TOOL : EXIT_USAGE;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { .hold = -1,
	    .limit = { MAX_LIMIT, MAX_LIMIT, MAX_LIMIT } };
	struct errmsg why = { "" };
	int answer;

	job.sealed = calloc((size_t)argc + 1, sizeof(*job.sealed));
	if (!job.sealed)
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
	if (!executes(reader.verb))
		confine(&reader);
	return reader.verb->run(&job);
}
