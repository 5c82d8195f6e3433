/* SPDX-License-Identifier: MIT */
/* transfer.c - copies between the host and a container */
#define _GNU_SOURCE
#include "tree/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fd.h"
#include "tree/courier.h"
#include "tree/hostfile.h"
#include "tree/inroot.h"
#include "tree/interrupt.h"
#include "tree/owner.h"
#include "tree/pack.h"
#include "tree/place.h"
#include "tree/tarcopy.h"

enum { NO_ROOT = -1 };

/* status - of a failure, by errno: a path without a name is wrong usage */
static int
status(void)
{
	return errno == EINVAL || errno == ENAMETOOLONG ? EXIT_USAGE : 1;
}

static int
cannot_open(const char *path, struct errmsg *why)
{
	errmsg_errno(why, "open %s", path);
	return 1;
}

/* open_root - open the root directory of the tree, which may not be a link */
static int
open_root(const char *root, struct stat *st, struct errmsg *why)
{
	struct place p;
	auto_close int above = -1, top = -1;

	if (!strcmp(root, "/"))
		top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	else if (place_split(&p, root, why) < 0)
		return -1;
	else if ((above = place_dir(NO_ROOT, p.above)) >= 0)
		top = openat(above, p.name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top >= 0 && fstat(top, st) == 0)
		return fd_take(&top);
	errmsg_errno(why, "open %s", root);
	errno = EIO;		/* a failure, whatever it is */
	return -1;
}

/* reason - of a copy, by errno */
static const char *
reason(const struct transfer *t)
{
	switch (errno) {
	case EINVAL: return "not a regular file, directory or link";
	case EFBIG: return t->limited ? "more than --max-bytes" : strerror(errno);
	case EDQUOT: return t->limited ? "more than --max-files" : strerror(errno);
	case ELOOP: return "too many directories in each other";
	default: return strerror(errno);
	}
}

/* copy_failed - at: where, below from */
static int
copy_failed(const struct transfer *t, const char *from, const char *at,
    const char *to, struct errmsg *why)
{
	size_t n = strlen(from);

	errmsg_set(why, "copy %s%s%s to %s: %s", from,
	    *at && from[n - 1] != '/' ? "/" : "", place_tail(at), to, reason(t));
	return 1;
}

static int
copy(struct transfer *t, const char *from, const char *to, int node, int dir,
    const char *name, struct copy_tree how, struct errmsg *why)
{
	struct copy_limit limit = t->limit;
	char at[PATH_MAX] = "";

	how.at = at;
	how.lost = &t->lost;
	how.skipped = t->plain ? NULL : &t->skipped;
	how.limit = t->limited ? &limit : NULL;
	if (copy_tree(node, dir, name, &how) < 0)
		return copy_failed(t, from, at, to, why);
	return 0;
}

/* interrupted - the exit status, if a signal came; that needs no words */
static int
interrupted(struct errmsg *why)
{
	*why->text = '\0';
	return 128 + interrupt_signal();
}

/* Where put copies to, and as whose. */
struct into {
	int top;
	struct stat st;
	uid_t uid;
	gid_t gid;
};

/* find_user - in a tree with users of its own, one of these */
static int
find_user(const char *user, struct into *to, struct errmsg *why)
{
	enum { IDS = 65536 };

	if (owner_find(to->top, user, &to->uid, &to->gid, why) < 0)
		return -1;
	if (to->st.st_uid == 0 || (to->uid < IDS && to->gid < IDS))
		return 0;
	return errmsg_set(why, "%s: user %u and group %u are not below 65536", user,
	    to->uid, to->gid);
}

/* open_into - returns 0, or the exit status */
static int
open_into(const struct transfer *t, const char *root, struct into *to,
    struct errmsg *why)
{
	to->uid = to->gid = 0;
	to->top = open_root(root, &to->st, why);
	if (to->top < 0)
		return status();
	if (t->user && find_user(t->user, to, why) < 0)
		return 1;
	to->uid += to->st.st_uid;
	to->gid += to->st.st_gid;
	return 0;
}

/* put_tar - standard input, or another descriptor or file */
static int
put_tar(struct transfer *t, int in, const char *file, const struct into *to,
    const char *path, struct errmsg *why)
{
	struct untar u = { .uid = to->uid, .gid = to->gid, .mask = 07777,
	    .first = to->st.st_uid };
	int failed;

	if (interrupt_catch() < 0)
		return cannot_open("/dev/null", why);
	interrupt_input(in);
	failed = tarcopy_to(&u, in, file, to->top, path, why);
	if (failed && interrupt_signal())
		return interrupted(why);
	t->skipped = u.skipped;
	t->lost = u.lost;
	return failed ? 1 : 0;
}

/* open_tar - a descriptor for reading of what hostfile_source opened */
static int
open_tar(int node, bool stream, const char *file, struct errmsg *why)
{
	int fd = stream ? node : fd_reopen(node, 0);

	return fd < 0 ? errmsg_errno(why, "open %s", file) : fd;
}

/* put - node: the source, a descriptor of it if stream is set */
static int
put(struct transfer *t, const char *file, const char *from, int node, bool stream,
    const struct into *to, const char *path, struct errmsg *why)
{
	auto_close int dir = -1;
	struct stat st;
	struct place p;

	if (fstat(node, &st) < 0)
		return cannot_open(file, why);
	dir = place_find(to->top, from, path, S_ISDIR(st.st_mode), &p, why);
	if (dir < 0)
		return status();
	if (!*p.name) {
		/* A descriptor has no name to keep. */
		errmsg_set(why, "copy %s to %s: Is a directory; a tar is unpacked "
		    "there with --tar", file, path);
		return 1;
	}
	return copy(t, file, path, node, dir, p.name, (struct copy_tree){
	    .uid = to->uid, .gid = to->gid, .mask = 07777, .stream = stream,
	    .backup = t->backup, .shift = to->st.st_uid }, why);
}

int
transfer_put(struct transfer *t, const char *root, const char *file,
    const char *path, struct errmsg *why)
{
	int own = hostfile_own(file, STDIN_FILENO, why), node = own, in, failed;
	const char *from = own >= 0 ? t->name : file;
	bool stream = own >= 0;
	struct into to;

	if (own == HOSTFILE_FAILED)
		return 1;
	if (own < 0)
		node = hostfile_source(file, &stream, why);
	if (node < 0)
		return 1;
	failed = open_into(t, root, &to, why);
	if (failed)
		return failed;
	if (!t->tar)
		return put(t, file, t->name ? t->name : from, node, stream, &to, path,
		    why);
	in = open_tar(node, stream, file, why);
	return in < 0 ? 1 : put_tar(t, in, file, &to, path, why);
}

/* name_of - of the entry at the top of a tar */
static const char *
name_of(struct place *p, const char *path)
{
	struct errmsg none = { "" };

	return place_split(p, path, &none) < 0 ? "." : p->name;
}

static int
pack_to(struct transfer *t, int out, int64_t first, int node, const char *path,
    struct errmsg *why)
{
	struct pack p = { .out = out, .first = first };
	struct place place;
	int failed = pack(&p, node, name_of(&place, path), why);

	t->skipped = p.skipped;
	return failed ? 1 : 0;
}

/* get_stream - a file as its bytes, a directory as tar */
static int
get_stream(struct transfer *t, int out, const struct stat *top, int node,
    const char *path, const char *file, struct errmsg *why)
{
	struct stat st;

	if (fstat(node, &st) < 0)
		return cannot_open(path, why);
	if (t->tar || S_ISDIR(st.st_mode))
		return pack_to(t, out, top->st_uid, node, path, why);
	if (copy_out(node, out, t->limit.bytes) < 0 || close(out) < 0)
		return copy_failed(t, path, "", file, why);
	return 0;
}

/* Copies from a container get no rights that the caller does not have. */
static int
get(struct transfer *t, int node, const struct stat *top, const char *path,
    const char *file, struct errmsg *why)
{
	int special = HOSTFILE_NONE;
	auto_close int dir = -1;
	struct place p;
	struct stat st;

	if (fstat(node, &st) < 0)
		return cannot_open(path, why);
	if (S_ISREG(st.st_mode))
		special = hostfile_special(file, why);
	if (special == HOSTFILE_FAILED)
		return 1;
	if (special >= 0)
		return get_stream(t, special, top, node, path, file, why);
	dir = place_find(NO_ROOT, path, file, S_ISDIR(st.st_mode), &p, why);
	if (dir < 0)
		return status();
	return copy(t, path, file, node, dir, p.name, (struct copy_tree){
	    .uid = geteuid(), .gid = getegid(), .mask = 0777,
	    .readable = t->plain, .shift = -(int64_t)top->st_uid }, why);
}

int
transfer_get(struct transfer *t, const char *root, const char *path,
    const char *file, struct errmsg *why)
{
	int own = hostfile_own(file, STDOUT_FILENO, why);
	auto_close int top = -1, node = -1;
	struct stat st;

	if (own == HOSTFILE_FAILED)
		return 1;
	if (t->tar && own < 0) {
		errmsg_set(why, "get --tar: expected - instead of %s", file);
		return EXIT_USAGE;
	}
	top = open_root(root, &st, why);
	if (top < 0)
		return status();
	node = inroot_open(top, path, O_PATH, INROOT_LINKS);
	if (node < 0)
		return cannot_open(path, why);
	if (own >= 0)
		return get_stream(t, own, &st, node, path, file, why);
	return get(t, node, &st, path, file, why);
}

/* status_of - of a command that did the other half: as of one that did all */
static int
status_of(int result)
{
	return result > EXIT_USAGE && result < 128 ? 1 : result;
}

/* pass - the bytes cross as they are; what fails says why itself */
static int
pass(int standard, int fd, char *const command[], void (*confine)(void),
    struct errmsg *why)
{
	struct courier c;
	int result;

	if (courier_pass(&c, command, standard, fd, why) < 0)
		return EXIT_TOOL;
	confine();
	result = courier_end(&c);
	return interrupt_signal() ? interrupted(why) : status_of(result);
}

/* send - node: of a file or directory */
static int
send(struct transfer *t, int node, const char *file, char *const command[],
    void (*confine)(void), struct errmsg *why)
{
	struct courier c;
	int failed, result;
	bool unread;

	if (courier_start(&c, command, true, why) < 0)
		return EXIT_TOOL;
	confine();
	failed = pack_to(t, c.fd, 0, node, file, why);
	unread = failed && errno == EPIPE;
	result = courier_end(&c);
	if (interrupt_signal())
		return interrupted(why);
	/* One that does not read has said why. */
	if (result && (!failed || unread))
		*why->text = '\0';
	return result ? status_of(result) : failed;
}

int
transfer_send(struct transfer *t, const char *file, char *const command[],
    void (*confine)(void), struct errmsg *why)
{
	int own = hostfile_own(file, STDIN_FILENO, why), node = own;
	bool stream = own >= 0;

	if (own == HOSTFILE_NONE)
		node = hostfile_source(file, &stream, why);
	if (node < 0)
		return 1;
	if (stream)
		return pass(STDIN_FILENO, node, command, confine, why);
	return send(t, node, file, command, confine, why);
}

/* check_place - before the command begins; it may take long */
static int
check_place(const char *path, const char *file, struct errmsg *why)
{
	auto_close int dir = -1;
	struct place p;
	struct stat st;

	if (stat(file, &st) == 0 && !S_ISDIR(st.st_mode))
		return 0;
	dir = place_find(NO_ROOT, path, file, true, &p, why);
	return dir < 0 ? status() : 0;
}

static int
receive(struct transfer *t, const char *path, const char *file, char *const command[],
    void (*confine)(void), struct errmsg *why)
{
	struct untar u = { .uid = geteuid(), .gid = getegid(), .mask = 0777 };
	struct courier c;
	int failed, result;

	if (courier_start(&c, command, false, why) < 0)
		return EXIT_TOOL;
	confine();
	failed = tarcopy_one(&u, c.fd, path, file, why);
	if (failed)
		interrupt_end_command();
	t->skipped = u.skipped;
	t->lost = u.lost;
	result = courier_end(&c);
	if (interrupt_signal())
		return interrupted(why);
	/* One that fails has said why, and then there is no tar, or a part of it. */
	if (failed && !(u.cut && result && c.said))
		return 1;
	*why->text = '\0';
	return status_of(result);
}

int
transfer_receive(struct transfer *t, const char *path, const char *file,
    char *const command[], void (*confine)(void), struct errmsg *why)
{
	int own = hostfile_own(file, STDOUT_FILENO, why), failed;

	if (own == HOSTFILE_FAILED)
		return 1;
	if (own >= 0)
		return pass(STDOUT_FILENO, own, command, confine, why);
	failed = check_place(path, file, why);
	return failed ? failed : receive(t, path, file, command, confine, why);
}
