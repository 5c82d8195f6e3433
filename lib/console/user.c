/* SPDX-License-Identifier: MIT */
/* user.c - what a process must shed and take on to be a user's session */
#define _GNU_SOURCE
#include "console/user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "console/userfile.h"

/* keep - what getpwnam(3) says is good until it is called again */
static int
keep(struct user_account *who, const struct passwd *pw)
{
	const char *shell = *pw->pw_shell ? pw->pw_shell : "/bin/sh";
	char *p = who->text;

	if (strlen(pw->pw_name) + strlen(pw->pw_dir) + strlen(shell) + 3 >
	    sizeof(who->text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	who->name = p;
	who->home = p = stpcpy(p, pw->pw_name) + 1;
	who->shell = p = stpcpy(p, pw->pw_dir) + 1;
	strcpy(p, shell);
	return 0;
}

static int
find_groups(struct user_account *who)
{
	int n = userfile_groups(who->name, who->gid, who->groups, USER_GROUPS);

	if (n < 0) {
		n = USER_GROUPS;
		if (getgrouplist(who->name, who->gid, who->groups, &n) < 0 &&
		    n <= USER_GROUPS) {
			/* There is no database: that of the user alone. */
			who->groups[0] = who->gid;
			n = 1;
		}
	}
	if (n > USER_GROUPS) {
		errno = E2BIG;
		return -1;
	}
	who->ngroups = n;
	return 0;
}

int
user_find(const char *user, struct user_account *who)
{
	struct passwd nobody_knows = { .pw_name = (char *)"root",
	    .pw_dir = (char *)"/root", .pw_shell = (char *)"/bin/sh" };
	struct passwd entry, *pw = &entry;

	if (!userfile_passwd(user, &entry)) {
		errno = 0;
		pw = getpwnam(user);
	}
	if (!pw) {
		if (strcmp(user, "root") != 0) {
			if (errno == 0)
				errno = ENOENT;
			return -1;
		}
		pw = &nobody_knows;
	}
	who->uid = pw->pw_uid;
	who->gid = pw->pw_gid;
	if (keep(who, pw) < 0)
		return -1;
	return find_groups(who);
}

int
user_environ(const struct user_account *who, const char *term, char *const extra[])
{
	static const char *const servers[] = {
		"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
		"LISTEN_PIDFDID", "FDSTORE", "WATCHDOG_PID", "WATCHDOG_USEC",
		"INVOCATION_ID", "JOURNAL_STREAM", "MAINPID", "MANAGERPID",
		"SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH",
		"MEMORY_PRESSURE_WRITE", "CREDENTIALS_DIRECTORY",
		"PWD", "OLDPWD", "SHLVL", "TERM",
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		bad |= unsetenv(servers[i]);
	bad |= setenv("HOME", who->home, 1);
	bad |= setenv("USER", who->name, 1);
	bad |= setenv("LOGNAME", who->name, 1);
	bad |= setenv("SHELL", who->shell, 1);
	bad |= setenv("PATH", USER_PATH, 0);
	if (*term)
		bad |= setenv("TERM", term, 1);
	for (; *extra; extra++)
		bad |= putenv(*extra);
	return bad ? -1 : 0;
}

/* cloexec_rest - what close_range(2) does, for kernels before 5.11 */
static int
cloexec_rest(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	if (!d)
		return -1;
	while ((e = readdir(d))) {
		int fd = atoi(e->d_name);

		if (fd > 2 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			break;
	}
	closedir(d);
	return e ? -1 : 0;
}

enum { SIG_MAX = 64 };		/* on all but MIPS; signal(7) */

/* is_servers - one whose action the server may have set for itself */
static bool
is_servers(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGHUP ||
	    sig == SIGCHLD || sig == SIGPIPE;
}

/*
 * By the bare call: libc keeps its own signals from us, and whom glibc's
 * posix_spawn(3) started, as make does, ignores two of them.  KILL and STOP
 * cannot be set, nor changed.
 */
static void
to_default(int sig)
{
	static const char deflt[64];	/* a struct sigaction of the kernel */

	(void)syscall(SYS_rt_sigaction, sig, deflt, NULL, SIG_MAX / 8);
}

int
user_drop_inherited(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* The bare calls, as in caps.c. */
	if (capget(&head, data) < 0)
		return -1;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].inheritable = 0;
	for (int sig = 1; sig <= SIG_MAX; sig++)
		if (!is_servers(sig))
			to_default(sig);
	return capset(&head, data);
}

int
user_reset(void)
{
	sigset_t none;

	for (int sig = 1; sig <= SIG_MAX; sig++)
		if (is_servers(sig))
			to_default(sig);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -1;
	if (setsid() < 0 && errno != EPERM)	/* EPERM: it leads one */
		return -1;
	umask(022);
	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return cloexec_rest();
	return 0;
}

int
user_become(const struct user_account *who)
{
	if (setgroups((size_t)who->ngroups, who->groups) < 0 ||
	    setresgid(who->gid, who->gid, who->gid) < 0)
		return -1;
	return setresuid(who->uid, who->uid, who->uid);
}
