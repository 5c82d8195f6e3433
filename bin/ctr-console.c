/* SPDX-License-Identifier: MIT */
/*
 * ctr-console serve|filter [OPTION]...
 * ctr-console login|root-shell [--name NAME] ROOT
 * ctr-console run [OPTION]... ROOT [--] COMMAND [ARG]...
 *
 * Sessions in a container, over two sockets in its /var/lib.  The server runs
 * in the container and forks for each connection.  The client never enters the
 * container, and passes it only pipes or a socket made for the session.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/privilege.h"
#include "base/visible.h"
#include "console/client.h"
#include "console/connect.h"
#include "console/server.h"
#include "console/tty.h"
#include "console/user.h"

#define DIR_IN "var/lib/"
#define LOGIN_SOCKET "login.socket"
#define SHELL_SOCKET "root-shell.socket"

/* A command line. */
struct cli_job {
	char **arg;		/* operands */
	const char *login_socket, *shell_socket;
	struct session_conf conf;
	int ready;		/* descriptor, or -1 */
	const char *name;	/* for messages, or NULL */
	pid_t leader;		/* the container's first process, or 0 */
	const char *user, *dir;	/* "" if not given */
	char **env;		/* ends with NULL */
	int envs;
	enum { TTY_AUTO, TTY_YES, TTY_NO } tty;
};

/* add_env - returns 0, or -1 and why */
static int
add_env(struct cli_job *job, const char *word, struct errmsg *why)
{
	size_t n = (size_t)job->envs;
	char **env;

	if (*word == '=' || !strchr(word, '='))
		return errmsg_set(why, "not a variable of the form K=V: %s",
		    word);
	env = realloc(n > 0 ? job->env : NULL, (n + 2) * sizeof(*env));
	if (!env)
		return errmsg_set(why, "out of memory");
	env[n] = (char *)word;
	env[n + 1] = NULL;
	job->env = env;
	job->envs++;
	return 0;
}

static int
set_ready(struct cli_job *job, const char *number, struct errmsg *why)
{
	long long fd = num_read(number, INT_MAX);

	if (fd < 0 || fcntl((int)fd, F_GETFD) < 0)
		return errmsg_set(why, "not a descriptor: %s", number);
	job->ready = (int)fd;
	return 0;
}

static int
set_leader(struct cli_job *job, const char *number, struct errmsg *why)
{
	long long pid = num_read(number, INT_MAX);

	if (pid <= 0)
		return errmsg_set(why, "not a process: %s", number);
	job->leader = (pid_t)pid;
	return 0;
}

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	switch (r->option->key) {
	case 'L': job->login_socket = r->value; return 0;
	case 'R': job->shell_socket = r->value; return 0;
	case 'l': job->conf.login = r->value; return 0;
	case 's': job->conf.shell = r->value; return 0;
	case 'r': return set_ready(job, r->value, why);
	case 'n': job->name = r->value; return 0;
	case 'p': return set_leader(job, r->value, why);
	case 'u': job->user = r->value; return 0;
	case 'd': job->dir = r->value; return 0;
	case 'e': return add_env(job, r->value, why);
	case 't': job->tty = TTY_YES; return 0;
	default:  job->tty = TTY_NO; return 0;	/* 'T' */
	}
}

static int
serve(const struct cli_job *job)
{
	struct server_socket socks[] = {
		{ .path = job->login_socket, .mode = 0666, .name = "login",
		  .fd = -1, .dir = -1 },
		{ .path = job->shell_socket, .mode = 0600, .name = "root-shell",
		  .fd = -1, .dir = -1, .root = true },
	};
	const int n = sizeof(socks) / sizeof(*socks);
	int given, r;

	if (server_signals() < 0)
		err(1, "set signals");
	if (user_drop_inherited() < 0)
		err(1, "drop inheritable capabilities");
	given = server_inherit(socks, n);
	if (given < 0)
		err(1, "take the sockets from systemd");
	for (int i = 0; given == 0 && i < n; i++)
		if (server_listen(&socks[i]) < 0) {
			warn("listen at %s", socks[i].path);
			server_unlink(&socks[0]);
			return 1;
		}
	if (server_ready(job->ready) < 0)
		warn("report readiness");	/* the manager will time out */
	r = server_loop(socks, n, &job->conf);
	if (r < 0)
		warn("wait for connections");
	for (int i = 0; i < n; i++)
		server_unlink(&socks[i]);
	return r < 0;
}

/* unreachable - exit, with errno as the reason */
static _Noreturn void
unreachable(const struct cli_job *job, const char *socket)
{
	static const struct { int error; const char *text; } reasons[] = {
		{ ENOENT, " is missing" },
		{ ECONNREFUSED, " has no server" },
		{ ETIMEDOUT, " did not answer in time" },
		{ ENOTSOCK, " is not a socket" },
		{ ELOOP, " is a symbolic link, or below one" },
		{ EXDEV, " is not served by the container" },
	};
	const char *colon = ": ", *reason = strerror(errno);

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (errno == reasons[i].error) {
			colon = "";
			reason = reasons[i].text;
		}
	if (!job->name)
		errx(EXIT_TOOL, "%s: cannot be reached: its socket %s%s%s",
		    job->arg[0], socket, colon, reason);
	errx(EXIT_TOOL, "%s: cannot be reached: its socket %s%s%s;"
	    " see its log: nixos-container logs %s", job->name, socket, colon,
	    reason, job->name);
}

/* reach - connect to the container's server, then drop all capabilities */
static void
reach(struct client *c, const struct cli_job *job, const char *socket)
{
	const char *missing;

	if (connect_server(c, job->arg[0], socket, job->leader) < 0)
		unreachable(job, socket);
	if (privilege_only(NULL, 0, &missing) < 0)
		err(EXIT_TOOL, "drop capabilities");
}

static _Noreturn void
die_of(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	exit(128 + sig);
}

/* attach - have a session over that socket; returns its status */
static int
attach(const struct cli_job *job, const char *socket, bool tty, char *argv[])
{
	static struct client c;
	struct proto_request req = { .tty = tty, .user = job->user,
	    .cwd = job->dir, .term = "", .argv = argv, .env = job->env };

	if (privilege_no_new() < 0)
		err(EXIT_TOOL, "give up new privileges");
	if (tty) {
		tty_size(STDIN_FILENO, &req.size);
		if (getenv("TERM"))
			req.term = getenv("TERM");
	}
	reach(&c, job, socket);
	if (connect_request(&c, &req) < 0 || client_run(&c) < 0) {
		if (errno != EREMOTEIO)
			err(EXIT_TOOL, "session in %s",
			    job->name ? job->name : job->arg[0]);
		warnx("%s", c.text);
		return c.status;
	}
	if (c.left) {
		warnx("left the session");
		return 128 + SIGHUP;
	}
	if (c.signal)
		die_of(c.signal);
	return c.status;
}

static int
login(const struct cli_job *job)
{
	return attach(job, DIR_IN LOGIN_SOCKET, true, job->arg + 1);
}

static int
root_shell(const struct cli_job *job)
{
	return attach(job, DIR_IN SHELL_SOCKET, isatty(STDIN_FILENO), job->arg + 1);
}

static int
run(const struct cli_job *job)
{
	bool tty = job->tty == TTY_YES;

	if (job->tty == TTY_AUTO)
		tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	return attach(job, DIR_IN SHELL_SOCKET, tty, job->arg + 1);
}

/* filter - make control characters in a container's output visible */
static int
filter(const struct cli_job *job)
{
	unsigned char in[4096];
	char out[4 * sizeof(in)];
	size_t have = 0, used, len;
	const char *missing;
	ssize_t n;

	(void)job;
	if (privilege_no_new() < 0 || privilege_only(NULL, 0, &missing) < 0)
		err(1, "drop capabilities");
	/* On Ctrl-C the writer decides, and may have more output. */
	if (signal(SIGINT, SIG_IGN) == SIG_ERR)
		err(1, "set signals");
	do {
		n = read(STDIN_FILENO, in + have, sizeof(in) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err(1, "read standard input");
		have += (size_t)n;
		used = visible_text(out, &len, in, have, n == 0);
		if (fd_write_all(STDOUT_FILENO, out, len) < 0)
			err(1, "write standard output");
		have -= used;
		memmove(in, in + used, have);
	} while (n != 0);
	return 0;
}

/* three_open - otherwise a socket could become a standard descriptor */
static void
three_open(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			err(EXIT_TOOL, "open /dev/null");
}

static const struct cli_option options[] = {
	{ 'L', "login-socket", "PATH", "login socket (/" DIR_IN LOGIN_SOCKET ")",
	    true },
	{ 'R', "root-shell-socket", "PATH",
	    "root shell socket\n(/" DIR_IN SHELL_SOCKET ")", true },
	{ 'l', "login", "PROGRAM", "login program (login)", true },
	{ 's', "shell", "PROGRAM", "root shell (sh)", true },
	{ 'r', "ready", "FD", "write a newline to FD when listening", true },
	{ 'n', "name", "NAME", "name of the container in messages", true },
	{ 'p', "leader", "PID", "the listener must be in its PID namespace", true },
	{ 'u', "user", "USER", "run the command as this user (root)", true },
	{ 'd', "chdir", "DIR", "run it in this directory (the user's home)",
	    true },
	{ 'e', "env", "K=V", "add a variable to its environment", true },
	{ 't', "tty", NULL, "give it a terminal", true },
	{ 'T', "no-tty", NULL, "do not give it a terminal", true },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "serve", "[--login-socket PATH] [--root-shell-socket PATH]\n"
	    " [--login PROGRAM] [--shell PROGRAM] [--ready FD]", "LRlsr",
	    "serve both sockets, in the container", serve, 0, 0, 0 },
	{ "login", "[--name NAME] [--leader PID] ROOT", "np", "open a login prompt", login,
	    1, 1, 0 },
	{ "root-shell", "[--name NAME] [--leader PID] ROOT", "np",
	    "start a root shell", root_shell, 1, 1, 0 },
	{ "run", "[--name NAME] [--leader PID] [--user USER] [--chdir DIR]\n"
	    " [--env K=V]... [--tty | --no-tty] ROOT [--] COMMAND [ARG]...",
	    "npudetT",
	    "run a command, without a shell", run, 2, INT_MAX, 2 },
	{ "filter", "", NULL,
	    "copy standard input, with control characters made visible",
	    filter, 0, 0, 0 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-console", .verbs = verbs,
    .options = options, .notes = "ROOT is the root directory of a container, "
    "or the path of a socket." };

/* failure - the status of a mistake: verbs that give a session's have 125 */
static int
failure(const struct cli_verb *verb)
{
	if (!verb || verb->run == serve || verb->run == filter)
		return EXIT_USAGE;
	return EXIT_TOOL;
}

int
main(int argc, char *argv[])
{
	static char *none[1];
	struct cli_job job = { .ready = -1, .user = "", .dir = "", .env = none,
	    .login_socket = "/" DIR_IN LOGIN_SOCKET,
	    .shell_socket = "/" DIR_IN SHELL_SOCKET };
	struct cli_reader reader;
	struct errmsg why = { "" };
	int answer;

	(void)argc;	/* argv ends with NULL */
	three_open();
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
	if (reader.operands > 0 && !*job.arg[0])
		errx(failure(reader.verb), "empty argument: ROOT");
	return reader.verb->run(&job);
}
