/* SPDX-License-Identifier: MIT */
/* sync.c - sync the roots of one container or all */
#define _GNU_SOURCE
#include "nix/sync.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/name.h"
#include "nix/dirs.h"
#include "nix/inside.h"
#include "nix/machine.h"
#include "nix/roots.h"
#include "tree/inroot.h"

enum { LIMIT_S = 60, ROUNDS_MAX = 5 };

/* open_tree - open the tree of a container that does not run */
static int
open_tree(const char *trees, const char *name, struct errmsg *why)
{
	auto_close int dir = open(trees, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = -1;
	int empty = -1;

	if (dir < 0)
		return errmsg_errno(why, "open %s", trees);
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		empty = fd_is_empty(fd);
	if (empty < 0)
		return errmsg_errno(why, "open %s/%s", trees, name);
	if (empty)
		return errmsg_set(why, "%s/%s is empty; roots left unchanged",
		    trees, name);
	return fd_take(&fd);
}

/* open_root - *has_mounts: all that the container mounts is visible there */
static int
open_root(const struct sync *g, const char *name, bool *has_mounts,
    struct errmsg *why)
{
	int fd;

	*has_mounts = true;
	if (g->root) {
		fd = inroot_top(g->root);
		if (fd < 0)
			return errmsg_errno(why, "open %s", g->root);
		return fd;
	}
	fd = machine_root(g->machines, g->trees, name);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return errmsg_errno(why, "open the root of %s, which is running",
		    name);
	*has_mounts = false;
	return open_tree(g->trees, name, why);
}

/* adopt_systems - those that the container built for itself */
static int
adopt_systems(const struct sync *g, const char *name, int root,
    struct errmsg *why)
{
	const struct inside c = { g->state, name, g->wait_ms };
	auto_close int profile = dirs_open(g->state, DIRS_PROFILES, name, false);

	if (profile < 0 && errno == ENOENT)
		return 0;
	if (profile < 0)
		return errmsg_errno(why, "open the profile of %s", name);
	return inside_adopt(&c, profile, root, why);
}

/* run_child - sync, and write the text of a failure to the pipe */
static _Noreturn void
run_child(const struct sync *g, const char *name, int pipe)
{
	struct errmsg why = { "" };
	bool has_mounts;
	int root, r = -1;

	fd_close_but(pipe, pipe);
	alarm(LIMIT_S);
	root = open_root(g, name, &has_mounts, &why);
	if (root >= 0)
		r = adopt_systems(g, name, root, &why);
	/* Its roots are kept even if its systems are not adopted. */
	if (root >= 0 && roots_sync(g->state, name, root, has_mounts,
	    g->wait_ms, &why) == 0 && r == 0)
		_exit(0);
	/* If the parent is gone, nobody needs the text. */
	(void)fd_write_all(pipe, why.text, strlen(why.text));
	_exit(1);
}

static int
timed_out(const char *name, struct errmsg *why)
{
	return errmsg_set(why, "sync %s: timed out after %d s", name, LIMIT_S);
}

static int
wait_child(pid_t pid, const char *name, struct errmsg *why)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errmsg_errno(why, "sync %s: wait", name);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return timed_out(name, why);
	if (WIFSIGNALED(status))
		return errmsg_set(why, "sync %s: killed by signal %d", name,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) == 0)
		return 0;
	if (why->text[0])
		return -1;
	return errmsg_set(why, "sync %s: failed", name);
}

/* is_over - has the child written its text, or ended? */
static bool
is_over(int pipe)
{
	struct pollfd p = { .fd = pipe, .events = POLLIN };
	int r;

	/* A little later than its alarm, which ends most of what it waits for. */
	do
		r = poll(&p, 1, (LIMIT_S + 1) * 1000);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

static int
sync_one(const struct sync *g, const char *name, struct errmsg *why)
{
	auto_close int in = -1;
	int p[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return errmsg_errno(why, "sync %s: pipe", name);
	in = p[0];
	pid = fork();
	if (pid == 0)
		run_child(g, name, p[1]);
	fd_cleanup(&p[1]);
	if (pid < 0)
		return errmsg_errno(why, "sync %s: fork", name);
	/*
	 * A system call on a file system that the container serves itself may
	 * not even end when its process is killed.
	 */
	if (!is_over(in)) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, WNOHANG);
		return timed_out(name, why);
	}
	n = fd_read_max(in, why->text, sizeof(why->text) - 1);
	if (n < 0)
		n = 0;
	why->text[n] = '\0';
	return wait_child(pid, name, why);
}

/* sync_all - how many failed, or -1 and why */
static int
sync_all(const struct sync *g, struct errmsg *why)
{
	auto_close int roots = dirs_parent(g->state, DIRS_ROOTS, false);
	struct dirent *e;
	DIR *d;
	int failed = 0;

	if (roots < 0 && errno == ENOENT)
		return 0;
	if (roots < 0)
		return errmsg_errno(why, "open %s/%s", g->state,
		    dirs_path[DIRS_ROOTS]);
	d = opendir(g->trees);
	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return errmsg_errno(why, "open %s", g->trees);
	while ((e = readdir(d))) {
		struct errmsg one = { "" };

		if (!name_ok(e->d_name) || faccessat(roots, e->d_name, F_OK,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (sync_one(g, e->d_name, &one) < 0) {
			g->failed(one.text);
			failed++;
		}
	}
	closedir(d);
	return failed;
}

/* modified_ns - modification time of a directory, or 0 */
static int64_t
modified_ns(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static int
sync_round(const struct sync *g, const char *name, struct errmsg *why)
{
	if (!name)
		return sync_all(g, why);
	if (sync_one(g, name, why) == 0)
		return 0;
	g->failed(why->text);
	return 1;
}

/*
 * A path unit misses changes while its service runs, so start over if there
 * were some.
 */
int
sync_run(const struct sync *g, const char *name, struct errmsg *why)
{
	char auto_dir[PATH_MAX];
	int64_t before;
	int r, failed = 0, rounds = 0;

	snprintf(auto_dir, sizeof(auto_dir), "%s/gcroots/auto", g->state);
	do {
		before = modified_ns(auto_dir);
		r = sync_round(g, name, why);
		if (r < 0)
			return -1;
		failed += r;
		rounds++;
	} while (rounds < ROUNDS_MAX && modified_ns(auto_dir) != before);
	return failed;
}
