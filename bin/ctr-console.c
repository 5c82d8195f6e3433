/* SPDX-License-Identifier: MIT */
/*
 * ctr-console serve [--login-socket PATH] [--root-shell-socket PATH]
 *	[--login PROGRAM] [--shell PROGRAM] [--ready FD]
 * ctr-console login ROOT
 * ctr-console root-shell ROOT
 * ctr-console run [--user USER] [--chdir DIR] [--env K=V]...
 *	[--tty | --no-tty] ROOT [--] COMMAND [ARG...]
 * ctr-console filter
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
#include <string.h>
#include <unistd.h>

#include "base/privilege.h"
#include "console/client.h"
#include "console/connect.h"
#include "console/server.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/cli.h"
#include "console/user.h"
#include "console/tty.h"
#include "base/visible.h"

#define DIR_IN "var/lib/"
#define LOGIN_SOCKET "login.socket"
#define SHELL_SOCKET "root-shell.socket"

static const char help[] =
"usage: ctr-console serve [--login-socket PATH] [--root-shell-socket PATH]\n"
"           [--login PROGRAM] [--shell PROGRAM] [--ready FD]\n"
"       ctr-console login ROOT\n"
"       ctr-console root-shell ROOT\n"
"       ctr-console run [--user USER] [--chdir DIR] [--env K=V]...\n"
"           [--tty | --no-tty] ROOT [--] COMMAND [ARG...]\n"
"       ctr-console filter\n"
"\n"
"Sessions in a container.  ROOT is its root directory, or a socket's path.\n"
"filter copies standard input, with control characters made visible.\n"
"\n"
"  -L, --login-socket PATH       login socket (/var/lib/login.socket)\n"
"  -R, --root-shell-socket PATH  root shell socket (/var/lib/root-shell.socket)\n"
"  -l, --login PROGRAM           login program (login)\n"
"  -s, --shell PROGRAM           root shell (sh)\n"
"  -r, --ready FD                write a newline to FD when listening\n"
"  -u, --user USER               run the command as this user (root)\n"
"  -d, --chdir DIR               run it in this directory (the user's home)\n"
"  -e, --env K=V                 add a variable to its environment\n"
"  -t, --tty                     give it a terminal\n"
"  -T, --no-tty                  do not give it a terminal\n"
"  -h, --help                    print this help\n"
"  -V, --version                 print the version\n";

/* The command line. */
struct args {
	const char *login_socket, *shell_socket;
	struct session_conf conf;
	int ready;
	struct proto_request req;
	bool tty, no_tty;
	char **rest;
};

static _Noreturn void
usage(int status, const char *what)
{
	errx(status, "%s; see ctr-console --help", what);
}

static void
add_env(struct args *a, char *word, int argc)
{
	static int n;

	if (*word == '=' || !strchr(word, '='))
		errx(EXIT_TOOL, "not a variable of the form K=V: %s", word);
	if (!a->req.env)
		a->req.env = calloc((size_t)argc, sizeof(char *));
	if (!a->req.env)
		err(EXIT_TOOL, "allocate variables");
	a->req.env[n++] = word;
}

static int
fd_number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (end == s || *end || n < 0 || n > INT_MAX ||
	    fcntl((int)n, F_GETFD) < 0)
		errx(EXIT_USAGE, "not a descriptor: %s", s);
	return (int)n;
}

/* parse - the options of one verb; allowed: its letters */
static void
parse(struct args *a, int argc, char *argv[], const char *allowed, int status)
{
	static const struct option options[] = {
		{ "login-socket", required_argument, NULL, 'L' },
		{ "root-shell-socket", required_argument, NULL, 'R' },
		{ "login", required_argument, NULL, 'l' },
		{ "shell", required_argument, NULL, 's' },
		{ "ready", required_argument, NULL, 'r' },
		{ "user", required_argument, NULL, 'u' },
		{ "chdir", required_argument, NULL, 'd' },
		{ "env", required_argument, NULL, 'e' },
		{ "tty", no_argument, NULL, 't' },
		{ "no-tty", no_argument, NULL, 'T' },
		CLI_COMMON
	};
	const char *verb = argv[0];
	int opt;

	argv[0] = program_invocation_short_name;	/* getopt names it */
	while ((opt = getopt_long(argc, argv, "+L:R:l:s:r:u:d:e:tThV", options,
	    NULL)) != -1) {
		if (!strchr("hV?", opt) && !strchr(allowed, opt))
			errx(status, "%s: unexpected option -%c", verb, opt);
		switch (opt) {
		case 'L': a->login_socket = optarg; break;
		case 'R': a->shell_socket = optarg; break;
		case 'l': a->conf.login = optarg; break;
		case 's': a->conf.shell = optarg; break;
		case 'r': a->ready = fd_number(optarg); break;
		case 'u': a->req.user = optarg; break;
		case 'd': a->req.cwd = optarg; break;
		case 'e': add_env(a, optarg, argc); break;
		case 't': a->tty = true; a->no_tty = false; break;
		case 'T': a->no_tty = true; a->tty = false; break;
		CLI_CASES(help, status);
		}
	}
	a->rest = argv + optind;
}

static int
serve(const struct args *a)
{
	struct server_socket socks[] = {
		{ .path = a->login_socket, .mode = 0666, .name = "login",
		  .fd = -1, .dir = -1 },
		{ .path = a->shell_socket, .mode = 0600, .name = "root-shell",
		  .fd = -1, .dir = -1, .root = true },
	};
	const int n = sizeof(socks) / sizeof(*socks);
	int given, r;

	if (*a->rest)
		errx(EXIT_USAGE, "serve: unexpected argument: %s", *a->rest);
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
	if (server_ready(a->ready) < 0)
		warn("report readiness");	/* the manager will time out */
	r = server_loop(socks, n, &a->conf);
	if (r < 0)
		warn("wait for connections");
	for (int i = 0; i < n; i++)
		server_unlink(&socks[i]);
	return r < 0;
}

/* reach - connect to the container's server, then drop all capabilities */
static void
reach(struct client *c, const char *root, const char *name)
{
	char path[64];
	const char *missing;
	int sock;

	snprintf(path, sizeof(path), DIR_IN "%s", name);
	sock = connect_find(root, path);
	if (sock < 0)
		err(EXIT_TOOL, "find %s of %s", name, root);
	if (connect_server(c, sock) < 0)
		err(EXIT_TOOL, "connect to %s of %s", name, root);
	close(sock);
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

static int
attach(struct args *a, const char *root, const char *name)
{
	static char *none[1];
	static struct client c;

	if (privilege_no_new() < 0)
		err(EXIT_TOOL, "give up new privileges");
	if (!a->req.env)
		a->req.env = none;
	if (a->req.tty) {
		tty_size(STDIN_FILENO, &a->req.size);
		if (getenv("TERM"))
			a->req.term = getenv("TERM");
	}
	reach(&c, root, name);
	if (connect_request(&c, &a->req) < 0 ||
	    client_run(&c) < 0) {
		if (errno != EREMOTEIO)
			err(EXIT_TOOL, "session in %s", root);
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

static void
one_root(struct args *a)
{
	if (!a->rest[0])
		usage(EXIT_TOOL, "ROOT is missing");
	if (a->rest[1])
		errx(EXIT_TOOL, "unexpected argument: %s", a->rest[1]);
	a->req.argv = a->rest + 1;
}

static int
login(struct args *a)
{
	one_root(a);
	a->req.tty = true;
	return attach(a, a->rest[0], LOGIN_SOCKET);
}

static int
root_shell(struct args *a)
{
	one_root(a);
	a->req.tty = isatty(STDIN_FILENO);
	return attach(a, a->rest[0], SHELL_SOCKET);
}

static int
run(struct args *a)
{
	const char *root = a->rest[0];

	if (!root)
		usage(EXIT_TOOL, "ROOT is missing");
	a->req.argv = a->rest + 1;
	if (*a->req.argv && !strcmp(*a->req.argv, "--"))
		a->req.argv++;
	if (!*a->req.argv)
		usage(EXIT_TOOL, "COMMAND is missing");
	a->req.tty = a->tty || (!a->no_tty && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO));
	return attach(a, root, SHELL_SOCKET);
}

/* filter - make control characters in a container's output visible */
static int
filter(const struct args *a)
{
	unsigned char in[4096];
	char out[4 * sizeof(in)];
	size_t have = 0, used, len;
	const char *missing;
	ssize_t n;

	if (*a->rest)
		errx(EXIT_USAGE, "filter: unexpected argument: %s", *a->rest);
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

int
main(int argc, char *argv[])
{
	static struct args a = {
		.login_socket = "/" DIR_IN LOGIN_SOCKET,
		.shell_socket = "/" DIR_IN SHELL_SOCKET,
		.ready = -1,
		.req = { .user = "", .cwd = "", .term = "" },
	};
	const char *verb = argc > 1 ? argv[1] : "";

	three_open();
	if (privilege_refuse_setuid() < 0)
		errx(*verb && strcmp(verb, "serve") ? EXIT_TOOL : EXIT_USAGE,
		    PRIVILEGE_SETUID);
	if (*verb == '-')
		parse(&a, argc, argv, "", EXIT_USAGE);
	if (!strcmp(verb, "serve")) {
		parse(&a, argc - 1, argv + 1, "LRlsr", EXIT_USAGE);
		return serve(&a);
	}
	if (!strcmp(verb, "login")) {
		parse(&a, argc - 1, argv + 1, "", EXIT_TOOL);
		return login(&a);
	}
	if (!strcmp(verb, "root-shell")) {
		parse(&a, argc - 1, argv + 1, "", EXIT_TOOL);
		return root_shell(&a);
	}
	if (!strcmp(verb, "filter")) {
		parse(&a, argc - 1, argv + 1, "", EXIT_USAGE);
		return filter(&a);
	}
	if (!strcmp(verb, "run")) {
		parse(&a, argc - 1, argv + 1, "udetT", EXIT_TOOL);
		return run(&a);
	}
	if (!*verb)
		usage(EXIT_USAGE, "a verb is missing");
	errx(EXIT_USAGE, "no such verb: %s", verb);
}
