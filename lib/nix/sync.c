/* SPDX-License-Identifier: MIT */
/* sync.c - sync one container or all */
#define _GNU_SOURCE
#include "nix/sync.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "nix/roots.h"
#include "nix/view.h"
#include "tree/inroot.h"
#include "base/name.h"
#include "nix/dirs.h"

enum { LIMIT_S = 60, ROUNDS = 5 };

static _Noreturn void
child(const struct sync *g, const char *name, const struct strset *offers)
{
	bool whole = true;
	struct errmsg why = { "" };
	int root;

	alarm(LIMIT_S);
	if (!g->root)
		root = view_open(g->machines, g->trees, name, &whole, &why);
	else if ((root = inroot_top(g->root)) < 0)
		(void)errmsg_errno(&why, "open %s", g->root);
	if (root >= 0 &&
	    roots_sync(g->state, name, root, whole, offers,
	    g->wait_ms, &why) == 0)
		_exit(0);
	warnx("%s", why.text);
	_exit(1);
}

/* one - 1, 0 or -1, as sync_run */
static int
one(const struct sync *g, const char *name, const struct strset *offers,
    struct errmsg *why)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child(g, name, offers);
	if (pid < 0)
		return errmsg_errno(why, "sync %s: fork", name);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errmsg_errno(why, "sync %s: wait", name);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		warnx("sync %s: given up: it takes too long", name);
	else if (WIFSIGNALED(status))
		warnx("sync %s: killed by signal %d", name, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
all(const struct sync *g, const struct strset *offers, struct errmsg *why)
{
	auto_close int roots = dirs_parent(g->state, DIRS_ROOTS, false);
	struct dirent *e;
	DIR *d;
	int done = 1;

	if (roots < 0 && errno != ENOENT)
		return errmsg_errno(why, "open %s/%s", g->state,
		    dirs_path[DIRS_ROOTS]);
	if (!(d = opendir(g->trees)))
		return errno == ENOENT ? 1 : errmsg_errno(why, "open %s", g->trees);
	while (roots >= 0 && done >= 0 && (e = readdir(d))) {
		int r;

		if (!name_ok(e->d_name) || faccessat(roots, e->d_name, F_OK,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		r = one(g, e->d_name, offers, why);
		if (r < done)
			done = r;
	}
	closedir(d);
	return done;
}

/*
 * read_offers - the paths in the host's gcroots/auto, sorted
 *
 * Whose they are is not said there, so each container is asked for each.
 */
static int
read_offers(const char *state, struct strset *offers, struct errmsg *why)
{
	char path[PATH_MAX], text[PATH_MAX];
	struct dirent *e;
	DIR *d;
	int r = 0;

	snprintf(path, sizeof(path), "%s/gcroots/auto", state);
	if (!(d = opendir(path)))
		return errno == ENOENT ? 0 : errmsg_errno(why, "open %s", path);
	while (r == 0 && (e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, text,
		    sizeof(text) - 1);

		text[n < 0 ? 0 : n] = '\0';
		if (text[0] == '/')
			r = strset_add(offers, text);
	}
	closedir(d);
	strset_sort(offers);
	return r < 0 ? errmsg_errno(why, "read %s", path) : 0;
}

/* changed - when something was last put into gcroots/auto, or 0 */
static int64_t
changed(const char *state)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/gcroots/auto", state);
	return stat(path, &st) < 0 ? 0 :
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

/*
 * A path unit does not see what comes while its service is at work: so what
 * came meanwhile is done before the end.
 */
int
sync_run(const struct sync *g, const char *name, struct errmsg *why)
{
	int64_t seen;
	int r, done = 1, rounds = ROUNDS;

	do {
		struct strset offers = { 0 };

		seen = changed(g->state);
		r = read_offers(g->state, &offers, why);
		if (r == 0)
			r = name ? one(g, name, &offers, why) :
			    all(g, &offers, why);
		strset_free(&offers);
		if (r < done)
			done = r;
	} while (r >= 0 && changed(g->state) != seen && --rounds > 0);
	return done;
}
