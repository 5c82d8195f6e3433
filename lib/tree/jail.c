/* SPDX-License-Identifier: MIT */
/* jail.c - a process that works for somebody else */
#define _GNU_SOURCE
#include "tree/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifndef OPEN_TREE_CLONE			/* musl lacks it, glibc has it */
#include <linux/mount.h>
#endif

#include "base/fd.h"
#include "base/privilege.h"

enum { NOBODY = 65534 };

/* Where the new root is made: every host has it, and no program needs it here. */
#define AT "/sys"

char *const jail_environment[] = {
	(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C",
	/* Each thread would need memory. */
	(char *)"XZ_DEFAULTS=-T1", NULL
};

/* restrict_mount - add these flags to those of a mount */
static int
restrict_mount(const char *path, unsigned long flags)
{
	return mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID |
	    MS_NODEV | flags, NULL);
}

/* make_dirs - a directory below AT, and those above it */
static int
make_dirs(const char *path)
{
	char buf[64];

	for (const char *end = path + strlen(AT) + 1; end; ) {
		end = strchr(end, '/');
		snprintf(buf, sizeof(buf), "%.*s",
		    end ? (int)(end - path) : INT_MAX, path);
		if (mkdir(buf, 0755) < 0 && errno != EEXIST)
			return -1;
		if (end)
			end++;
	}
	return 0;
}

/* show - a directory of the host, or a link to one; a missing one is none */
static int
show(const char *path)
{
	char to[64], target[PATH_MAX];
	struct stat st;
	ssize_t n;

	snprintf(to, sizeof(to), AT "%s", path);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISLNK(st.st_mode)) {
		if (make_dirs(to) < 0 ||
		    mount(path, to, NULL, MS_BIND, NULL) < 0)
			return -1;
		return restrict_mount(to, MS_RDONLY);
	}
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlink(target, to);
}

/* show_tree - as /to, and what glibc before 2.39 needs to change a mode */
static int
show_tree(int tree)
{
	char fds[32];

	snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)getpid());
	if (make_dirs(AT "/to") < 0 ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, AT "/to",
	    MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    restrict_mount(AT "/to", MS_NOEXEC) < 0 ||
	    make_dirs(AT "/proc/self/fd") < 0)
		return -1;
	return mount(fds, AT "/proc/self/fd", NULL, MS_BIND, NULL);
}

static int
make_root(int tree)
{
	static const char *const shown[] = { "/usr", "/bin", "/lib", "/lib32",
	    "/lib64", "/nix/store", "/etc/alternatives" };

	if (mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ||
	    mount("tmpfs", AT, "tmpfs", MS_NOSUID | MS_NODEV,
	    "mode=755,size=64k") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (show(shown[i]) < 0)
			return -1;
	if (tree >= 0 && show_tree(tree) < 0)
		return -1;
	return restrict_mount(AT, MS_RDONLY);
}

static int
enter_root(void)
{
	if (chdir(AT) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0)
		return -1;
	return chdir("/");
}

/* bound - none but these for any program that it executes */
static int
bound(const cap_value_t *list, int n)
{
	uint64_t kept = 0;

	for (int i = 0; i < n; i++)
		kept |= UINT64_C(1) << list[i];
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(kept >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) < 0)
			return -1;
	return privilege_no_new();
}

static int
be_nobody(void)
{
	if (bound(NULL, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) < 0)
		return -1;
	return setresuid(NOBODY, NOBODY, NOBODY);
}

static int
be_writer(void)
{
	static const cap_value_t files[] = { CAP_CHOWN, CAP_DAC_OVERRIDE,
	    CAP_FOWNER, CAP_FSETID, CAP_SETFCAP };
	const int n = sizeof(files) / sizeof(*files);
	const char *missing;

	if (bound(files, n) < 0)
		return -1;
	return privilege_only(files, n, &missing);
}

int
jail_enter(int tree, struct errmsg *why)
{
	const struct rlimit memory = { 1 << 30, 1 << 30 };
	auto_close int copy = -1;

	/* In the namespace of the descriptor: another cannot mount that. */
	if (tree >= 0) {
		copy = (int)syscall(SYS_open_tree, tree, "", OPEN_TREE_CLONE |
		    OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (copy < 0)
			return errmsg_errno(why, "take the directory");
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return errmsg_errno(why, "make namespaces");
	if (make_root(copy) < 0 || enter_root() < 0)
		return errmsg_errno(why, "make a root for it");
	if (setrlimit(RLIMIT_AS, &memory) < 0 ||
	    (tree < 0 ? be_nobody() : be_writer()) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)	/* other IDs reset it */
		return errmsg_errno(why, "drop privileges");
	return 0;
}

/* in_dir - path becomes that of the program in a directory, if it is there */
static int
in_dir(const char *dir, const char *name, char *path)
{
	char given[PATH_MAX];
	size_t n;

	if (*dir != '/' || !realpath(dir, given))
		return -1;
	n = (size_t)snprintf(path, PATH_MAX, "%s/%s", given, name);
	return n < PATH_MAX && access(path, X_OK) == 0 ? 0 : -1;
}

int
jail_program(const char *name, char *path)
{
	const char *dirs = getenv("PATH");
	char dir[PATH_MAX];

	for (const char *at = dirs ? dirs : ""; *at;) {
		size_t n = strcspn(at, ":");

		if (n < sizeof(dir)) {
			snprintf(dir, sizeof(dir), "%.*s", (int)n, at);
			if (in_dir(dir, name, path) == 0)
				return 0;
		}
		at += n + (at[n] == ':');
	}
	errno = ENOENT;
	return -1;
}
