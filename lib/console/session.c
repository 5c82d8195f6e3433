/* SPDX-License-Identifier: MIT */
/* session.c - from a connection to a running command */
#define _GNU_SOURCE
#include "console/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/loop.h"
#include "console/proto.h"
#include "base/exits.h"
#include "base/path.h"
#include "console/user.h"
#include "console/tty.h"

enum {
	REQUEST_S = 10,		/* timeout for a client's request */
	LOGIN_MAX = 4096,	/* longest request for a login */
};

/* What the child is to run, and how. */
struct job {
	int conn;		/* control socket or plain peer */
	bool ours;
	int fd[3];		/* its standard input, output and error */
	bool tty;
	struct user_account *who;
	const char *term, *cwd;	/* "": unset; the user's home */
	const char *file;	/* the program, and its arguments */
	char **argv;
	char **env;		/* "K=V" to add */
};

/* fail - send the reason to the peer, and exit */
static _Noreturn void
fail(const struct job *j, int status, const char *what, int error)
{
	if (j->ours)
		(void)proto_send_error(j->conn, status, what, error);
	else
		dprintf(j->conn, "ctr-console: %s: %s\n", what,
		    strerror(error));
	_exit(status);
}

static void
find_user(struct job *j, const char *name)
{
	char text[300];

	if (user_find(name, j->who) == 0)
		return;
	if (errno != ENOENT)
		fail(j, EXIT_TOOL, name, errno);
	snprintf(text, sizeof(text), "no such user: %.256s", name);
	fail(j, EXIT_TOOL, text, 0);
}

static void
enter_home(const struct job *j)
{
	if (chdir(j->who->home) < 0 && chdir("/") < 0)
		fail(j, EXIT_TOOL, "chdir /", errno);
	if (*j->cwd && chdir(j->cwd) < 0)
		fail(j, EXIT_TOOL, j->cwd, errno);
}

static void
set_environ(const struct job *j)
{
	if (user_environ(j->who, j->term, j->env) < 0)
		fail(j, EXIT_TOOL, "set the environment", errno);
}

/* become - the fresh child becomes the command */
static _Noreturn void
become(const struct job *j)
{
	int e;

	if (user_reset() < 0)
		fail(j, EXIT_TOOL, "begin a session", errno);
	if (j->tty && ioctl(j->fd[0], TIOCSCTTY, 0) < 0)
		fail(j, EXIT_TOOL, "take the terminal", errno);
	for (int i = 0; i < 3; i++)
		if (dup2(j->fd[i], i) < 0)
			fail(j, EXIT_TOOL, "set descriptors", errno);
	if (user_become(j->who) < 0)
		fail(j, EXIT_TOOL, j->who->name, errno);
	enter_home(j);
	execvp(j->file, j->argv);
	e = errno;
	fail(j, exits_exec(e), j->file, e);
}

/*
 * launch - run the job in a child, and its session loop here
 *
 * stream: where the bytes of its terminal go, -1 for none.
 */
static _Noreturn void
launch(struct job *j, int stream, const struct winsize *ws)
{
	struct session_loop l = { .ctl = -1, .stream = stream, .master = -1,
	    .slave = -1 };

	if (j->ours)
		l.ctl = j->conn;
	set_environ(j);
	if (j->tty) {
		if (tty_pty(&l.master, &l.slave, ws, j->who->uid) < 0)
			fail(j, EXIT_TOOL, "make a terminal", errno);
		j->fd[0] = j->fd[1] = j->fd[2] = l.slave;
	}
	l.signals = loop_signals();
	if (l.signals < 0)
		fail(j, EXIT_TOOL, "set signals", errno);
	/* The child shares our memory until it execs, and we wait for that. */
	l.child = vfork();
	if (l.child < 0)
		fail(j, EXIT_TOOL, "fork", errno);
	if (l.child == 0)
		become(j);
	/* Only now: the client, once awake, would compete for the processor. */
	if (j->ours)
		(void)proto_send_u32(j->conn, PROTO_ACK,
		    PROTO_VERSION);	/* the loop notices if it is gone */
	if (!j->tty)
		for (int i = 0; i < 3; i++)
			close(j->fd[i]);
	loop_run(&l);
}

/* set_login - call login(1) by its name, without its path */
static void
set_login(struct job *j, const struct session_conf *conf)
{
	static char *argv[2];

	j->file = "login";
	if (conf->login)
		j->file = conf->login;
	argv[0] = (char *)path_last(j->file);
	j->argv = argv;
}

/* shell_argv - call a login shell: its name begins with a dash */
static char **
shell_argv(const char *file)
{
	static char name[64], *argv[2] = { name };

	snprintf(name, sizeof(name), "-%.60s", path_last(file));
	return argv;
}

/* valid_fds - are these descriptors the kind that our client sends? */
static bool
valid_fds(const int *fds, int n, bool tty)
{
	struct stat st;
	int domain, type;
	socklen_t len = sizeof(int);

	/*
	 * Root writes to them, so files that check the writer and not the
	 * opener (in /proc, netlink sockets) must not be accepted.
	 */
	if (tty)
		return n == 1 && getsockopt(fds[0], SOL_SOCKET, SO_DOMAIN,
		    &domain, &len) == 0 && domain == AF_UNIX &&
		    getsockopt(fds[0], SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		    type == SOCK_STREAM;
	for (int i = 0; i < n; i++)
		if (fstat(fds[i], &st) < 0 || !S_ISFIFO(st.st_mode))
			return false;
	return n == 3;
}

static bool
plain_term(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+";

	return strlen(s) < 64 && s[strspn(s, ok)] == '\0' && *s != '-' &&
	    *s != '.';
}

/* root_shell - root's own shell at a terminal, if it can be used */
static const char *
root_shell(const struct job *j, const struct session_conf *conf)
{
	const char *name = path_last(j->who->shell);

	if (conf->shell)
		return conf->shell;
	if (!j->tty || !strcmp(name, "nologin") || !strcmp(name, "false") ||
	    access(j->who->shell, X_OK) < 0)
		return "sh";
	return j->who->shell;
}

static _Noreturn void
serve_ours(struct job *j, bool root, const struct session_conf *conf)
{
	struct proto_request req;
	int fds[PROTO_FDS], n;

	alarm(REQUEST_S);
	if (proto_recv_request(j->conn, root ? PROTO_BIG : LOGIN_MAX,
	    &req, fds, &n) < 0)
		fail(j, EXIT_TOOL, "request", errno);
	alarm(0);
	if (!valid_fds(fds, n, req.tty) || (*req.term && !plain_term(req.term)))
		fail(j, EXIT_TOOL, "request", EPROTO);
	if (!root && (*req.argv || *req.env || *req.user || *req.cwd || !req.tty))
		fail(j, EXIT_TOOL, "this socket only offers a login", EPERM);
	find_user(j, *req.user ? req.user : "root");
	j->tty = req.tty;
	j->term = req.term;
	j->cwd = req.cwd;
	j->env = req.env;
	if (!root) {
		set_login(j, conf);
	} else if (*req.argv) {
		j->file = req.argv[0];
		j->argv = req.argv;
	} else {
		j->file = root_shell(j, conf);
		j->argv = shell_argv(j->file);
	}
	if (!j->tty)
		memcpy(j->fd, fds, sizeof(j->fd));
	launch(j, j->tty ? fds[0] : -1, &req.size);
}

void
session(int conn, bool root, bool ours, const struct session_conf *conf)
{
	static char *none[1];
	const struct winsize unknown = { 0 };
	static struct user_account who;	/* large, and hardly touched */
	static struct job j;

	j = (struct job){ .conn = conn, .ours = ours, .cwd = "", .env = none,
	    .term = getenv("TERM"), .fd = { conn, conn, conn }, .who = &who };
	if (!j.term)
		j.term = "vt220";
	/* Signals from the server's terminal are not for sessions. */
	if (setsid() < 0 && errno != EPERM)
		fail(&j, EXIT_TOOL, "setsid", errno);
	if (ours)
		serve_ours(&j, root, conf);
	find_user(&j, "root");
	if (root) {
		j.term = "";
		j.file = root_shell(&j, conf);
		j.argv = shell_argv(j.file);
		/* We stay, to end a shell that traps SIGTERM. */
		launch(&j, -1, &unknown);
	}
	j.tty = true;
	set_login(&j, conf);
	launch(&j, conn, &unknown);
}
