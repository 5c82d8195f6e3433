/* SPDX-License-Identifier: MIT */
/*
 * user.c - find a user, and turn this process into the user's session
 *
 * Users are looked up in plain /etc/passwd and /etc/group where no other
 * source can exist (musl without nscd).  The C library maps and unmaps memory
 * for each file, which in a fresh fork takes a tenth of a short session.
 * Unusual cases go to the C library: a long or unreadable file, nscd(8).
 */
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

#include "base/fd.h"
#include "base/num.h"

/* With glibc, nsswitch.conf may name other sources. */
#ifdef __GLIBC__
enum { FILES_ONLY = false };
#else
enum { FILES_ONLY = true };
#endif

static char file_text[16384];	/* the file that was read last */

/* read_file - a whole file; NULL: missing, unreadable or too long */
static char *
read_file(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = fd_read_max(fd, file_text, sizeof(file_text));
	if (n < 0 || n == (ssize_t)sizeof(file_text))
		return NULL;
	file_text[n] = '\0';
	return file_text;
}

/* split_fields - split a line at colons; false unless it has n fields */
static bool
split_fields(char *line, char **field, int n)
{
	for (int i = 0; i < n; i++) {
		field[i] = strsep(&line, ":");
		if (!field[i])
			return false;
	}
	return !line;
}

/* parse_id - a user or group number; (uid_t)-1 is none */
static bool
parse_id(const char *s, unsigned *id)
{
	long long n = num_read(s, (unsigned)-2);

	*id = (unsigned)n;
	return n >= 0;
}

/*
 * passwd_entry - the line of /etc/passwd of this name, or with NULL of this number
 *
 * Returns false if the C library must be asked.  *pw points into file_text.
 * Source: passwd(5).
 */
static bool
passwd_entry(const char *user, uid_t number, struct passwd *pw)
{
	char *rest, *line, *f[7];
	uid_t id;

	if (!FILES_ONLY)
		return false;
	rest = read_file("/etc/passwd");
	while ((line = strsep(&rest, "\n"))) {
		if (!split_fields(line, f, 7))
			continue;
		if (user ? strcmp(f[0], user) != 0 :
		    !parse_id(f[2], &id) || id != number)
			continue;
		*pw = (struct passwd){ .pw_name = f[0], .pw_dir = f[5],
		    .pw_shell = f[6] };
		return parse_id(f[2], &pw->pw_uid) &&
		    parse_id(f[3], &pw->pw_gid);
	}
	return false;
}

/* is_member - is the user in this comma-separated list? */
static bool
is_member(char *list, const char *user)
{
	char *name;

	while ((name = strsep(&list, ",")))
		if (!strcmp(name, user))
			return true;
	return false;
}

/*
 * file_groups - the user's primary group and those of /etc/group
 *
 * Returns how many there are, which may exceed USER_GROUPS, or -1 if
 * getgrouplist(3) must be asked.  Source: group(5).
 */
static int
file_groups(struct user_account *who)
{
	char *rest, *line, *f[4];
	gid_t gid;
	int n = 1;

	/* nscd may know groups that are in no file. */
	if (!FILES_ONLY || access("/var/run/nscd/socket", F_OK) == 0)
		return -1;
	rest = read_file("/etc/group");
	if (!rest)
		return -1;
	who->groups[0] = who->gid;
	while ((line = strsep(&rest, "\n"))) {
		if (!split_fields(line, f, 4) || !parse_id(f[2], &gid) ||
		    gid == who->gid || !is_member(f[3], who->name))
			continue;
		if (n < USER_GROUPS)
			who->groups[n] = gid;
		n++;
	}
	return n;
}

/* library_groups - the same from the C library */
static int
library_groups(struct user_account *who)
{
	int n = USER_GROUPS;

	if (getgrouplist(who->name, who->gid, who->groups, &n) >= 0 ||
	    n > USER_GROUPS)
		return n;
	/* There is no group database: the primary group alone. */
	who->groups[0] = who->gid;
	return 1;
}

/* copy_entry - into *who, as getpwnam(3) reuses its memory */
static int
copy_entry(struct user_account *who, const struct passwd *pw)
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
	int n = file_groups(who);

	if (n < 0)
		n = library_groups(who);
	if (n > USER_GROUPS) {
		errno = E2BIG;
		return -1;
	}
	who->ngroups = n;
	return 0;
}

/* by_number - a number without an entry is a user all the same, with that group */
static struct passwd *
by_number(const char *user, uid_t number, struct passwd *entry)
{
	struct passwd *pw;

	if (passwd_entry(NULL, number, entry))
		return entry;
	pw = getpwuid(number);
	if (pw)
		return pw;
	*entry = (struct passwd){ .pw_name = (char *)user, .pw_uid = number,
	    .pw_gid = number, .pw_dir = (char *)"/", .pw_shell = (char *)"/bin/sh" };
	return entry;
}

int
user_find(const char *user, struct user_account *who)
{
	struct passwd builtin_root = { .pw_name = (char *)"root",
	    .pw_dir = (char *)"/root", .pw_shell = (char *)"/bin/sh" };
	struct passwd entry, *pw = &entry;
	uid_t number;

	if (!passwd_entry(user, 0, &entry)) {
		errno = 0;
		pw = getpwnam(user);
	}
	if (!pw && parse_id(user, &number))
		pw = by_number(user, number, &entry);
	if (!pw && strcmp(user, "root") == 0)
		pw = &builtin_root;
	if (!pw) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	who->uid = pw->pw_uid;
	who->gid = pw->pw_gid;
	if (copy_entry(who, pw) < 0)
		return -1;
	return find_groups(who);
}

int
user_environ(const struct user_account *who, const char *term, char *const extra[])
{
	static const char *const server_only[] = {
		"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
		"LISTEN_PIDFDID", "FDSTORE", "WATCHDOG_PID", "WATCHDOG_USEC",
		"INVOCATION_ID", "JOURNAL_STREAM", "MAINPID", "MANAGERPID",
		"SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH",
		"MEMORY_PRESSURE_WRITE", "CREDENTIALS_DIRECTORY",
		"PWD", "OLDPWD", "SHLVL", "TERM",
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(server_only) / sizeof(*server_only); i++)
		bad |= unsetenv(server_only[i]);
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

/* cloexec_rest - close_range(2) with CLOEXEC, for kernels before 5.11 */
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

/* set_by_server - a signal whose action the server may have set itself */
static bool
set_by_server(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGHUP ||
	    sig == SIGCHLD || sig == SIGPIPE;
}

/*
 * reset_signal - set a signal's action to the default
 *
 * This is the bare system call: libc refuses its own signals, two of which are
 * ignored in children of glibc's posix_spawn(3), such as make's.  SIGKILL and
 * SIGSTOP fail, which is no loss: their action never changes.
 */
static void
reset_signal(int sig)
{
	/* No larger on any machine than 64 bytes; all 0 is SIG_DFL, no flags. */
	static const struct { char bytes[64]; } kernel_sigaction;

	(void)syscall(SYS_rt_sigaction, sig, &kernel_sigaction, NULL,
	    SIG_MAX / 8);
}

int
user_drop_inherited(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* The bare calls, as in privilege.c. */
	if (capget(&head, data) < 0)
		return -1;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].inheritable = 0;
	for (int sig = 1; sig <= SIG_MAX; sig++)
		if (!set_by_server(sig))
			reset_signal(sig);
	return capset(&head, data);
}

int
user_reset(void)
{
	sigset_t none;

	for (int sig = 1; sig <= SIG_MAX; sig++)
		if (set_by_server(sig))
			reset_signal(sig);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -1;
	if (setsid() < 0 && errno != EPERM)	/* EPERM: leads one */
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
