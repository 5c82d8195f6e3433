/* SPDX-License-Identifier: MIT */
/*
 * ctr-tree empty ROOT
 * ctr-tree remove ROOT PATH
 * ctr-tree mkdir ROOT PATH
 * ctr-tree put [--backup] ROOT FILE PATH
 * ctr-tree get ROOT PATH FILE
 *
 * Work in the tree of a container.  Its root may change all in it meanwhile,
 * so nothing there is reached but by descriptors, and no path leads out.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/exits.h"
#include "base/fd.h"
#include "tree/inroot.h"
#include "base/cli.h"
#include "tree/remove.h"
#include "tree/copy.h"

static const char help[] =
	"usage: ctr-tree empty ROOT\n"
	"       ctr-tree remove ROOT PATH\n"
	"       ctr-tree mkdir ROOT PATH\n"
	"       ctr-tree put [--backup] ROOT FILE PATH\n"
	"       ctr-tree get ROOT PATH FILE\n"
	"\n"
	"empty   remove all in a container's tree; ROOT itself stays\n"
	"remove  remove PATH in it, with all that is in that\n"
	"mkdir   make the directory PATH in it, and those above\n"
	"put     copy a file or directory of the host to PATH in it\n"
	"get     copy one out of it, to FILE of the host\n"
	"\n"
	"FILE may be -, for standard input or output.\n"
	"\n"
	"  --backup   keep a file that put replaces as PATH.~N~\n"
	"  --help     print this\n"
	"  --version  print the version\n";

static bool backup;		/* keep what is replaced */

/* last_part - the last name of a path, and in above what is before it */
static const char *
last_part(const char *path, char *above)
{
	static char name[NAME_MAX + 1];
	size_t end = strlen(path), begin;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
		;
	if (begin >= PATH_MAX || end - begin > NAME_MAX) {
		errno = ENAMETOOLONG;
		err(EXIT_USAGE, "%s", path);
	}
	memcpy(name, path + begin, end - begin);
	name[end - begin] = '\0';
	memcpy(above, begin ? path : ".", begin ? begin : 1);
	above[begin ? begin : 1] = '\0';
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		errx(EXIT_USAGE, "no name at the end of the path: %s", path);
	return name;
}

/* open_above - the directory that holds the tree, which is the host's own */
static int
open_above(const char *root, const char **name)
{
	char above[PATH_MAX];
	int dir;

	*name = last_part(root, above);
	dir = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "open %s", above);
	return dir;
}

/* open_top - the tree's top, which may be no link */
static int
open_top(const char *root, struct stat *st)
{
	const char *name;
	auto_close int above = open_above(root, &name);
	int top = openat(above, name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (top < 0 || fstat(top, st) < 0)
		err(1, "open %s", root);
	return top;
}

/*
 * own_fd - the descriptor that a file of the host's stands for, or -1
 *
 * dash: what "-" stands for.  Called before anything is opened, so that none
 * of ours is meant.
 */
static int
own_fd(const char *file, int dash)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	static const char *const names[] = { "/dev/stdin", "/dev/stdout",
	    "/dev/stderr" };
	int fd = strcmp(file, "-") == 0 ? dash : -1;

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

/*
 * target - the directory that a copy goes to; name: what it is called there
 *
 * Into a directory, as it is called already; else as the path says.  top is
 * the tree that the path is in, or -1: it is the host's.  *name is "" where
 * the path is that of a directory and from is NULL.
 */
static int
target(int top, const char *from, const char *to, const char **name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	char above[PATH_MAX];
	int dir = top < 0 ? open(to, flags) :
	    inroot_open(top, to, flags, INROOT_LINKS);

	if (dir >= 0) {
		*name = from ? last_part(from, above) : "";
		return dir;
	}
	if (errno != ENOENT && errno != ENOTDIR)
		err(1, "open %s", to);
	*name = last_part(to, above);
	dir = top < 0 ? open(above, flags) :
	    inroot_open(top, above, flags, INROOT_LINKS);
	if (dir < 0)
		err(1, "open %s", above);
	return dir;
}

static void
copy(char *argv[], int node, int dir, const char *name, struct copy_tree how)
{
	unsigned long skipped = 0;

	how.skipped = &skipped;
	if (copy_tree(node, dir, name, &how) < 0)
		err(1, "copy %s to %s", argv[1], argv[2]);
	if (skipped)
		warnx("copy %s: %lu not copied: neither file, directory nor "
		    "link", argv[1], skipped);
}

static void
empty_verb(char *argv[])
{
	const char *name;
	auto_close int above = open_above(argv[0], &name);

	if (remove_empty(above, name) < 0)
		err(1, "empty %s", argv[0]);
}

static void
remove_verb(char *argv[])
{
	char above[PATH_MAX];
	const char *name;
	struct stat st;
	auto_close int top = open_top(argv[0], &st);
	auto_close int dir = -1;

	name = last_part(argv[1], above);
	dir = inroot_open(top, above, O_RDONLY | O_DIRECTORY, INROOT_LINKS);
	if (dir < 0)
		err(1, "open %s", above);
	if (remove_at(dir, name) < 0)
		err(1, "remove %s", argv[1]);
}

static void
mkdir_verb(char *argv[])
{
	struct stat st;
	auto_close int top = open_top(argv[0], &st);
	auto_close int dir = inroot_mkdirs(top, argv[1], 0755);

	if (dir < 0)
		err(1, "mkdir %s", argv[1]);
}

/* open_source - what put copies; a FIFO or a device is read as a stream */
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

static void
put_verb(char *argv[])
{
	int own = own_fd(argv[1], STDIN_FILENO);
	bool stream = own >= 0;
	int node = stream ? own : open_source(argv[1], &stream);
	auto_close int dir = -1;
	const char *name;
	struct stat st;
	auto_close int top = open_top(argv[0], &st);

	dir = target(top, own < 0 ? argv[1] : NULL, argv[2], &name);
	if (!*name) {
		errno = EISDIR;		/* and what has no name of its own */
		err(1, "copy %s to %s", argv[1], argv[2]);
	}
	copy(argv, node, dir, name, (struct copy_tree){ .uid = st.st_uid,
	    .gid = st.st_gid, .mask = 07777, .stream = stream,
	    .backup = backup });
}

/*
 * open_special - open what get writes into; -1: it makes or replaces the file
 *
 * Nobody wants another /dev/null, and a link is followed as by all others.
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
	if ((fd = open(file, flags, 0666)) < 0)
		err(1, "open %s", file);
	return fd;
}

/* What comes out of a container has no other rights than who gets it. */
static void
get_verb(char *argv[])
{
	int out = own_fd(argv[2], STDOUT_FILENO);
	auto_close int dir = -1;
	const char *name;
	struct stat st;
	auto_close int top = open_top(argv[0], &st);
	auto_close int node = inroot_open(top, argv[1], O_PATH, INROOT_LINKS);

	if (node < 0 || fstat(node, &st) < 0)
		err(1, "open %s", argv[1]);
	if (out < 0 && S_ISREG(st.st_mode))
		out = open_special(argv[2]);
	if (out >= 0) {
		if (copy_out(node, out) < 0 || close(out) < 0)
			err(1, "copy %s to %s", argv[1], argv[2]);
		return;
	}
	dir = target(-1, argv[1], argv[2], &name);
	copy(argv, node, dir, name, (struct copy_tree){ .uid = geteuid(),
	    .gid = getegid(), .mask = 0777 });
}

static const struct verb {
	const char *name;
	int args;		/* ROOT among them */
	void (*act)(char *argv[]);
} verbs[] = {
	{ "empty", 1, empty_verb },
	{ "remove", 2, remove_verb },
	{ "mkdir", 2, mkdir_verb },
	{ "put", 3, put_verb },
	{ "get", 3, get_verb },
};

static const struct verb *
find_verb(int argc, char *argv[])
{
	if (argc < 1)
		errx(EXIT_USAGE, "empty, remove, mkdir, put or get? See --help");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->name, argv[0]) != 0)
			continue;
		if (argc - 1 < v->args)
			errx(EXIT_USAGE, "%s: too few arguments; see --help",
			    v->name);
		if (argc - 1 > v->args)
			errx(EXIT_USAGE, "%s: one argument too many: %s",
			    v->name, argv[v->args + 1]);
		return v;
	}
	errx(EXIT_USAGE, "not a verb: %s; see --help", argv[0]);
}

/*
 * The tree may belong to the root of a user namespace, and have any mode.
 * Only a removal may meet files that were made immutable, and without the
 * last capability it still removes all others.
 */
static void
drop_caps(bool removal)
{
	static const cap_value_t need[] = { CAP_CHOWN, CAP_DAC_OVERRIDE,
	    CAP_FOWNER, CAP_LINUX_IMMUTABLE };
	const char *missing;

	if (removal && privilege_only(need, 4, &missing) == 0)
		return;
	if (privilege_only(need, 3, &missing) == 0)
		return;
	if (missing)
		errx(1, "needs the capability %s", missing);
	err(1, "drop capabilities");
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "backup", no_argument, NULL, 'b' },
		CLI_COMMON
	};
	const struct verb *verb;
	int opt;

	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case 'b': backup = true; break;
		CLI_CASES(help, EXIT_USAGE);
		}
	argc -= optind;
	argv += optind;
	verb = find_verb(argc, argv);
	if (backup && verb->act != put_verb)
		errx(EXIT_USAGE, "%s: no option --backup here", verb->name);
	drop_caps(verb->act == empty_verb || verb->act == remove_verb);
	verb->act(argv + 1);
	return 0;
}
