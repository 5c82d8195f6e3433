/* SPDX-License-Identifier: MIT */
/*
 * ctr-resolv copy [--private-network] [--running] root
 * ctr-resolv register [file]
 *
 * copy runs on the host: it writes the host's resolver configuration to
 * root/etc/resolv.conf and, for register, to root/etc/resolv.conf.host.  The
 * root is untrusted, so files below it are only reached by inroot_*.
 *
 * register runs in the container: openresolv writes resolv.conf from its
 * sources, and would drop the host's servers once it has a source.  So the
 * host becomes a source too, the last one.
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
	"copy      copy the host's resolver configuration into a root directory\n"
	"register  in the container: give openresolv the host's servers\n"
	"\n"
	"  -p, --private-network  omit servers on the host's loopback\n"
	"  -r, --running          keep a file written by openresolv\n"
	"  -s, --source file      file to copy (/etc/resolv.conf)\n"
	"      --resolved file    upstream servers of systemd-resolved\n"
	"                         (/run/systemd/resolve/resolv.conf)\n"
	"  -v, --verbose          report files that are left unchanged\n"
	"  -h, --help             print this help\n"
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

/* read_conf - false if the file does not exist */
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

/* render - the container's resolv.conf; false if the host's is empty */
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

/* must_write - may the file be written, and would that change it? */
static bool
must_write(int top, const char *root, const char *path, const struct resolvconf *t)
{
	auto_close int fd = -1;

	fd = inroot_open_file(top, path);
	if (fd >= 0) {
		if (running && starts_with(fd, RESOLVCONF_OPENRESOLV)) {
			note("%s/%s was written by openresolv; left unchanged", root, path);
			return false;
		}
		return !same(fd, t);
	}
	if (errno == ENOENT)
		return true;
	if (errno == ELOOP) {
		note("%s/%s is a symbolic link; left unchanged", root, path);
		return false;
	}
	if (errno == EINVAL)
		errx(1, "%s/%s: not a regular file", root, path);
	err(1, "open %s/%s", root, path);
}

static void
drop_caps(void)
{
	static const cap_value_t list[] = { CAP_DAC_OVERRIDE, CAP_CHOWN };
	const char *missing;

	/* A caller with neither may still own the tree. */
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
		errx(EXIT_USAGE, "copy: unexpected argument: %s", argv[1]);
	top = inroot_top(argv[0]);
	if (top < 0)
		err(1, "open %s", argv[0]);
	if (!render(&out)) {
		warnx("%s is missing or empty; nothing changed", source);
		return 0;
	}
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	drop_caps();
	etc = inroot_mkdirs(top, "etc", 0755);
	if (etc < 0)
		die_below(argv[0], "etc");
	for (int i = 0; i < 2; i++)
		write[i] = must_write(top, argv[0], paths[i], &out);
	for (int i = 0; i < 2; i++)
		if (write[i] && inroot_replace(top, paths[i], out.s, out.len,
		    0644) < 0)
			die_below(argv[0], paths[i]);
	return 0;
}

/* open_registered - the file to register; -1: there is none */
static int
open_registered(const char *path)
{
	struct stat st;
	int fd;

	if (lstat("/" CONF, &st) == 0 && S_ISLNK(st.st_mode)) {
		note("/%s is a symbolic link; left unchanged", CONF);
		return -1;
	}
	if (!path && access("/" CONF_HOST, F_OK) == 0)
		path = "/" CONF_HOST;
	else if (!path)
		path = "/" CONF;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT && errno != ELOOP)
		err(1, "open %s", path);
	if (fd < 0 || starts_with(fd, RESOLVCONF_OPENRESOLV)) {
		note("%s is missing, a symbolic link, or written by openresolv", path);
		fd_cleanup(&fd);
		return -1;
	}
	return fd;
}

/* add_source - resolvconf -m 1000 -a host <fd; its status, 127: not found */
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
		errx(EXIT_USAGE, "register: unexpected argument: %s", argv[1]);
	fd = open_registered(argv[0]);
	if (fd < 0)
		return 0;
	if (!getenv("PATH"))
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	status = add_source(fd);
	if (status == EXIT_NOCMD) {
		note("resolvconf is not installed; nothing to do");
		return 0;
	}
	/*
	 * openresolv writes nothing if the source is unchanged, even if the
	 * file has changed, and since 3.17 does not replace a file that it did
	 * not write.  With -u it writes in both cases.
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
		errx(EXIT_USAGE, "a verb is missing: copy or register; see --help");
	verb = argv[0];
	if (!strcmp(verb, "copy"))
		return cmd_copy(argc - 1, argv + 1);
	if (!strcmp(verb, "register"))
		return cmd_register(argc - 1, argv + 1);
	errx(EXIT_USAGE, "no such verb: %s", verb);
}
