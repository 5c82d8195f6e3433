/* SPDX-License-Identifier: MIT */
/*
 * ctr-resolv copy [--private-network] [--running] root
 * ctr-resolv register [file]
 *
 * copy, on the host: the resolver configuration of the host goes to
 * root/etc/resolv.conf and, for register, to root/etc/resolv.conf.host.  The
 * root is somebody else's, so nothing below it is reached but by inroot_*.
 *
 * register, in the container: openresolv writes resolv.conf from what its
 * sources say, and would lose the host's servers at the first source.  So the
 * host becomes a source too, one that comes last.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/exits.h"
#include "base/fd.h"
#include "tree/inroot.h"
#include "base/cli.h"
#include "resolv/resolvconf.h"

#define CONF "etc/resolv.conf"
#define CONF_HOST "etc/resolv.conf.host"

static const char help[] =
	"usage: ctr-resolv copy [--private-network] [--running] [--verbose]\n"
	"           [--source file] [--resolved file] root\n"
	"       ctr-resolv register [--verbose] [file]\n"
	"\n"
	"copy      put the host's resolver configuration below root\n"
	"register  in the container: tell openresolv the host's servers\n"
	"\n"
	"  -p, --private-network  the host's loopback cannot be reached\n"
	"  -r, --running          leave what openresolv has written\n"
	"  -s, --source file      instead of /etc/resolv.conf\n"
	"      --resolved file    upstream servers of systemd-resolved,\n"
	"                         instead of /run/systemd/resolve/resolv.conf\n"
	"  -v, --verbose          say what is left alone\n"
	"  -h, --help             print this\n"
	"  -V, --version          print the version\n";

static bool private_network, running, verbose;
static const char *source = "/" CONF;
static const char *resolved = "/run/systemd/resolve/resolv.conf";

__attribute__((format(printf, 1, 2))) static void
note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (verbose)
		vwarnx(format, ap);
	va_end(ap);
}

/* False where there is no such file. */
static bool
read_conf(const char *path, struct resolvconf *t)
{
	if (resolvconf_read(path, t) == 0)
		return true;
	if (errno == EFBIG)
		errx(1, "%s: more than %d bytes", path, RESOLVCONF_MAX);
	if (errno != ENOENT && errno != ENOTDIR)
		err(1, "read %s", path);
	return false;
}

/* What the container gets to see; false where the host has nothing to say. */
static bool
render(struct resolvconf *out)
{
	static struct resolvconf host, upstream;

	if (!read_conf(source, &host))
		return false;
	if (!resolvconf_rest(out, &host, private_network))
		return false;
	if (resolvconf_servers(out, &host, private_network) > 0 ||
	    !private_network)
		return true;
	if (!read_conf(resolved, &upstream) ||
	    resolvconf_servers(out, &upstream, true) == 0)
		warnx("%s: no server that a private network can reach", source);
	return true;
}

static _Noreturn void
die_below(const char *root, const char *path)
{
	if (errno == ELOOP)
		errx(1, "%s/%s: a symbolic link, not followed", root, path);
	err(1, "write %s/%s", root, path);
}

static bool
starts_with(int fd, const char *s)
{
	char buf[sizeof(RESOLVCONF_OPENRESOLV)];
	ssize_t n = pread(fd, buf, strlen(s), 0);

	return n == (ssize_t)strlen(s) && !memcmp(buf, s, strlen(s));
}

static bool
same(int fd, const struct resolvconf *t)
{
	static char buf[sizeof(t->s) + 1];
	ssize_t n = fd_read_max(fd, buf, t->len + 1);

	return n >= 0 && (size_t)n == t->len && !memcmp(buf, t->s, t->len);
}

/* Is the file ours to write, and would that change it? */
static bool
wanted(int top, const char *root, const char *path, const struct resolvconf *t)
{
	auto_close int fd = -1;

	if ((fd = inroot_open_file(top, path)) >= 0) {
		if (running && starts_with(fd, RESOLVCONF_OPENRESOLV)) {
			note("%s/%s is openresolv's", root, path);
			return false;
		}
		return !same(fd, t);
	}
	if (errno == ENOENT)
		return true;
	if (errno == ELOOP) {
		note("%s/%s is a link, left alone", root, path);
		return false;
	}
	if (errno == EINVAL)
		errx(1, "%s/%s: not a regular file", root, path);
	err(1, "look at %s/%s", root, path);
}

static void
drop_caps(void)
{
	static const cap_value_t list[] = { CAP_DAC_OVERRIDE, CAP_CHOWN };
	const char *missing;

	/* Who has neither may still own the tree. */
	if (privilege_only(list, 2, &missing) < 0 &&
	    privilege_only(list, 0, &missing) < 0)
		err(1, "drop capabilities");
}

static int
cmd_copy(int argc, char *argv[])
{
	static const char *const paths[] = { CONF_HOST, CONF };
	static struct resolvconf out;
	auto_close int top = -1, etc = -1;
	bool write[2];

	if (argc < 1)
		errx(EXIT_USAGE, "copy: root is missing; see --help");
	if (argc > 1)
		errx(EXIT_USAGE, "copy: one root at a time: %s", argv[1]);
	if ((top = inroot_top(argv[0])) < 0)
		err(1, "open %s", argv[0]);
	if (!render(&out)) {
		warnx("%s says nothing yet, nothing changed", source);
		return 0;
	}
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	drop_caps();
	if ((etc = inroot_mkdirs(top, "etc", 0755)) < 0)
		die_below(argv[0], "etc");
	for (int i = 0; i < 2; i++)
		write[i] = wanted(top, argv[0], paths[i], &out);
	for (int i = 0; i < 2; i++)
		if (write[i] && inroot_replace(top, paths[i], out.s, out.len,
		    0644) < 0)
			die_below(argv[0], paths[i]);
	return 0;
}

/* -1 where nothing is to be registered. */
static int
open_registered(const char *path)
{
	struct stat st;
	int fd;

	if (lstat("/" CONF, &st) == 0 && S_ISLNK(st.st_mode)) {
		note("/%s is a link, left alone", CONF);
		return -1;
	}
	if (!path)
		path = access("/" CONF_HOST, F_OK) == 0 ? "/" CONF_HOST :
		    "/" CONF;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT && errno != ELOOP)
		err(1, "open %s", path);
	if (fd < 0 || starts_with(fd, RESOLVCONF_OPENRESOLV)) {
		note("%s is missing, a link or openresolv's", path);
		fd_cleanup(&fd);
		return -1;
	}
	return fd;
}

/* Run resolvconf -m 1000 -a host <fd; its exit status, 127 without it. */
static int
add_source(int fd)
{
	char *const argv[] = { "resolvconf", "-m", "1000", "-a", "host", NULL };
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "start resolvconf");
	if (pid == 0) {
		if ((fd > 0 ? dup2(fd, 0) : fcntl(fd, F_SETFD, 0)) >= 0)
			execvp(argv[0], argv);
		_exit(errno == ENOENT ? EXIT_NOCMD : EXIT_NOEXEC);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "wait for resolvconf");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
cmd_register(int argc, char *argv[])
{
	auto_close int fd = -1, conf = -1;
	int status;

	if (argc > 1)
		errx(EXIT_USAGE, "register: one file is enough: %s", argv[1]);
	if ((fd = open_registered(argv[0])) < 0)
		return 0;
	if (!getenv("PATH"))
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	status = add_source(fd);
	if (status == EXIT_NOCMD) {
		note("no resolvconf, nothing needed");
		return 0;
	}
	/*
	 * openresolv keeps quiet where the source is as it was, though the
	 * file is not, and from 3.17 on refuses to replace a file that it did
	 * not write.  -u makes it write in both cases.
	 */
	conf = open("/" CONF, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (conf < 0 || !starts_with(conf, RESOLVCONF_OPENRESOLV)) {
		execlp("resolvconf", "resolvconf", "-u", (char *)NULL);
		err(1, "exec resolvconf");
	}
	if (status != 0)
		errx(1, "resolvconf -a host: status %d", status);
	return 0;
}

int
main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "private-network", no_argument, NULL, 'p' },
		{ "running", no_argument, NULL, 'r' },
		{ "source", required_argument, NULL, 's' },
		{ "resolved", required_argument, NULL, 'R' },
		{ "verbose", no_argument, NULL, 'v' },
		CLI_COMMON
	};
	const char *verb;
	int opt;

	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	while ((opt = getopt_long(argc, argv, "prs:vhV", longs, NULL)) != -1)
		switch (opt) {
		case 'p': private_network = true; break;
		case 'r': running = true; break;
		case 's': source = optarg; break;
		case 'R': resolved = optarg; break;
		case 'v': verbose = true; break;
		CLI_CASES(help, EXIT_USAGE);
		}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		errx(EXIT_USAGE, "copy or register? See --help");
	verb = argv[0];
	if (!strcmp(verb, "copy"))
		return cmd_copy(argc - 1, argv + 1);
	if (!strcmp(verb, "register"))
		return cmd_register(argc - 1, argv + 1);
	errx(EXIT_USAGE, "not a verb: %s", verb);
}
