/* SPDX-License-Identifier: MIT */
/*
 * ctr-resolv copy [OPTION]... ROOT
 * ctr-resolv servers [OPTION]...
 * ctr-resolv register [OPTION]... [FILE]
 *
 * copy runs on the host: it writes the host's resolver configuration to
 * ROOT/etc/resolv.conf and, for register, to ROOT/etc/resolv.conf.host.  ROOT
 * is untrusted, so files below it are only reached by inroot_*.  servers prints
 * the servers that copy would write.
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

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/privilege.h"
#include "resolv/resolvconf.h"
#include "tree/inroot.h"

#define CONF "etc/resolv.conf"
#define CONF_HOST "etc/resolv.conf.host"
#define RESOLVED "/run/systemd/resolve/resolv.conf"

/* A command line. */
struct cli_job {
	char **arg;		/* operands; ends with NULL */
	const char *source, *resolved;	/* files of the host */
	bool private_network, running, verbose;
};

__attribute__((format(printf, 2, 3))) static void
note(const struct cli_job *job, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (job->verbose)
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

/* add_servers - append the servers that the container reaches; how many */
static int
add_servers(const struct cli_job *job, struct resolvconf *out,
    const struct resolvconf *host)
{
	static struct resolvconf upstream;
	int n = resolvconf_servers(out, host, job->private_network);

	if (n > 0 || !job->private_network)
		return n;
	if (read_conf(job->resolved, &upstream))
		n = resolvconf_servers(out, &upstream, true);
	if (n == 0)
		warnx("%s: no server that a private network can reach",
		    job->source);
	return n;
}

/* render - the container's resolv.conf; false if the host's is empty */
static bool
render(const struct cli_job *job, struct resolvconf *out)
{
	static struct resolvconf host;

	if (!read_conf(job->source, &host) ||
	    !resolvconf_rest(out, &host, job->private_network))
		return false;
	add_servers(job, out, &host);
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
must_write(const struct cli_job *job, int top, const char *path,
    const struct resolvconf *t)
{
	const char *root = job->arg[0];
	auto_close int fd = -1;

	fd = inroot_open_file(top, path);
	if (fd >= 0) {
		if (job->running && starts_with(fd, RESOLVCONF_OPENRESOLV)) {
			note(job, "%s/%s was written by openresolv; "
			    "left unchanged", root, path);
			return false;
		}
		return !same(fd, t);
	}
	if (errno == ENOENT)
		return true;
	if (errno == ELOOP) {
		note(job, "%s/%s is a symbolic link; left unchanged", root,
		    path);
		return false;
	}
	if (errno == EINVAL)
		errx(1, "%s/%s: not a regular file", root, path);
	if (errno == EAGAIN)
		errx(1, "%s/%s: a process of the container holds a lease on it",
		    root, path);
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
cmd_copy(const struct cli_job *job)
{
	const char *root = job->arg[0];
	static const char *const paths[] = { CONF_HOST, CONF };
	static struct resolvconf out;
	auto_close int top = -1, etc = -1;
	bool write[2];

	top = inroot_top(root);
	if (top < 0)
		err(1, "open %s", root);
	if (!render(job, &out)) {
		warnx("%s is missing or empty; nothing changed", job->source);
		return 0;
	}
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	drop_caps();
	etc = inroot_mkdirs(top, "etc", 0755);
	if (etc < 0)
		die_below(root, "etc");
	for (int i = 0; i < 2; i++)
		write[i] = must_write(job, top, paths[i], &out);
	for (int i = 0; i < 2; i++)
		if (write[i] && inroot_replace(top, paths[i], out.s, out.len,
		    0644) < 0)
			die_below(root, paths[i]);
	return 0;
}

static int
cmd_servers(const struct cli_job *job)
{
	static struct resolvconf host, out;

	if (!read_conf(job->source, &host)) {
		warnx("%s is missing", job->source);
		return 1;
	}
	if (add_servers(job, &out, &host) == 0)
		return 1;
	if (fwrite(out.s, 1, out.len, stdout) < out.len || fflush(stdout) != 0)
		err(1, "write the output");
	return 0;
}

/* open_registered - the file to register; -1: there is none */
static int
open_registered(const struct cli_job *job)
{
	const char *path = job->arg[0];
	struct stat st;
	int fd;

	if (lstat("/" CONF, &st) == 0 && S_ISLNK(st.st_mode)) {
		note(job, "/%s is a symbolic link; left unchanged", CONF);
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
		note(job, "%s is missing, a symbolic link, or written by "
		    "openresolv", path);
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
		/* dup2 onto itself would leave it close-on-exec. */
		if (fd == 0)
			fd = fcntl(fd, F_SETFD, 0);
		else
			fd = dup2(fd, 0);
		if (fd >= 0)
			execvp(argv[0], argv);
		_exit(exits_exec(errno));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "wait for resolvconf");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
cmd_register(const struct cli_job *job)
{
	auto_close int fd = -1, conf = -1;
	int status;

	fd = open_registered(job);
	if (fd < 0)
		return 0;
	if (!getenv("PATH"))
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	status = add_source(fd);
	if (status == EXIT_NOCMD) {
		note(job, "resolvconf is not installed; nothing to do");
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

static const struct cli_option options[] = {
	{ 'p', "private-network", NULL,
	    "omit servers on the loopback of the host", true },
	{ 'r', "running", NULL, "keep a file written by openresolv", true },
	{ 's', "source", "FILE", "file to copy (/" CONF ")", true },
	{ 'R', "resolved", "FILE", "upstream servers of systemd-resolved\n"
	    "(" RESOLVED ")", false },
	{ 'v', "verbose", NULL, "report files that are left unchanged", true },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "copy", "[--private-network] [--running] [--verbose]\n"
	    " [--source FILE] [--resolved FILE] ROOT", "prsRv",
	    "copy the host's resolver configuration into a root directory",
	    cmd_copy, 1, 1, 0 },
	{ "servers", "[--private-network] [--source FILE] [--resolved FILE]",
	    "psR", "print the name servers that copy would write",
	    cmd_servers, 0, 0, 0 },
	{ "register", "[--verbose] [FILE]", "v",
	    "give openresolv the host's servers, in the container",
	    cmd_register, 0, 1, 0 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-resolv", .verbs = verbs,
    .options = options };

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	(void)why;	/* any file will do */
	switch (r->option->key) {
	case 'p': job->private_network = true; break;
	case 'r': job->running = true; break;
	case 's': job->source = r->value; break;
	case 'R': job->resolved = r->value; break;
	case 'v': job->verbose = true; break;
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { .source = "/" CONF, .resolved = RESOLVED };
	struct errmsg why = { "" };
	int answer;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	answer = cli_read(&reader, &cli, argv, set_option, &job, &why);
	if (answer < 0)
		errx(EXIT_USAGE, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(1, "write the output");
		return 0;
	}
	job.arg = reader.operand;
	return reader.verb->run(&job);
}
