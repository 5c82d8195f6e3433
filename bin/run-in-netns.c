/* SPDX-License-Identifier: MIT */
/*
 * run-in-netns [--unlink] NETNS [--] COMMAND [ARGUMENT]...
 *
 * Enter the network namespace, and a new mount namespace in which /sys is a
 * sysfs of that network namespace; then execute COMMAND.
 *
 * A sysfs shows the network namespace of the process that mounts it, so enter
 * first, then mount.  The new sysfs is mounted over the old one, and the mounts
 * below the old one (above all the cgroup tree) are moved to the new one.  No
 * other process is in the mount namespace, so the order of the steps does not
 * matter, and a kill undoes them all.  Kernels before 5.2 need mount(2).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#ifndef FSOPEN_CLOEXEC			/* musl lacks it, glibc has it */
#include <linux/mount.h>
#endif

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/privilege.h"
#include "net/netns.h"
#include "tree/mounts.h"

#define SYS "/sys"
#define ETC "/etc"

/* These bits mean the same in ST_*, MS_* and MOUNT_ATTR_*. */
#define SAME_FLAGS (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC)

/* A command line. */
struct cli_job {
	const char *netns;	/* as netns_open takes it */
	char **command;
	bool unlinks;		/* remove the name of netns */
};

/* The caller's mount namespace, in which --unlink removes the name. */
struct home {
	int mnt;
	int names;		/* NETNS_DIR in it */
};

static int
open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(EXIT_TOOL, "open %s", path);
	return fd;
}

static void
drop_caps(bool unlinks)
{
	/* To switch to the caller's mount namespace and back takes all three. */
	static const cap_value_t list[] = {
		CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_DAC_READ_SEARCH
	};
	const char *missing;

	if (privilege_only(list, unlinks ? 3 : 1, &missing) == 0)
		return;
	if (missing)
		errx(EXIT_TOOL, "needs the capability %s", missing);
	err(EXIT_TOOL, "drop capabilities");
}

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* is_current_netns - is it the network namespace of this process? */
static bool
is_current_netns(int ns)
{
	auto_close int current = open_or_die("/proc/self/ns/net", O_RDONLY);

	return same_file(ns, current);
}

static void
enter(int ns, const char *spec)
{
	/* EPERM does not matter if this is the current namespace. */
	if (setns(ns, CLONE_NEWNET) < 0 &&
	    (errno != EPERM || !is_current_netns(ns)))
		err(EXIT_TOOL, "enter %s", spec);
	if (unshare(CLONE_NEWNS) < 0)
		err(EXIT_TOOL, "make a mount namespace");
	/* As ip-netns does: mounts propagate from the host, not to it. */
	if (mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		err(EXIT_TOOL, "make the mounts below / slaves");
}

static unsigned
mount_attr(const struct statfs *old)
{
	unsigned attr = (unsigned)old->f_flags & SAME_FLAGS;

	if (old->f_flags & ST_NOATIME)
		attr |= MOUNT_ATTR_NOATIME;
	else if (!(old->f_flags & ST_RELATIME))
		attr |= MOUNT_ATTR_STRICTATIME;
	if (old->f_flags & ST_NODIRATIME)
		attr |= MOUNT_ATTR_NODIRATIME;
	return attr;
}

/* mount_sysfs - mount a new sysfs with the flags of old; needs Linux 5.2 */
static int
mount_sysfs(const struct statfs *old)
{
	auto_close int fs = -1, mnt = -1;

	fs = (int)syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC);
	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL,
	    NULL, 0) < 0)
		return -1;
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, mount_attr(old));
	if (mnt < 0 || syscall(SYS_move_mount, mnt, "", AT_FDCWD, SYS,
	    MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	return fd_take(&mnt);
}

/* mount_sysfs_old - the same for older kernels */
static int
mount_sysfs_old(const struct statfs *old)
{
	unsigned long flags = (unsigned long)old->f_flags &
	    (SAME_FLAGS | ST_NOATIME | ST_NODIRATIME);

	if (!(old->f_flags & (ST_RELATIME | ST_NOATIME)))
		flags |= MS_STRICTATIME;
	if (mount("sysfs", SYS, "sysfs", flags, NULL) < 0)
		return -1;
	return open(SYS, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* move_mount_old - as move_mount, for kernels before 5.2 */
static int
move_mount_old(int node, const char *path)
{
	char from[40], to[PATH_MAX + sizeof(SYS)];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", node);
	snprintf(to, sizeof(to), SYS "/%s", path);
	if (mount(from, to, NULL, MS_MOVE, NULL) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL);
}

/*
 * move_mount_to - move the mount that node is open on to path below sysfs
 *
 * If it is locked to its place, as in a user namespace, it is cloned instead.
 */
static int
move_mount_to(int node, int sysfs, const char *path)
{
	auto_close int clone = -1;

	if (syscall(SYS_move_mount, node, "", sysfs, path,
	    MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 0;
	if (errno == ENOSYS)
		return move_mount_old(node, path);
	if (errno != EINVAL)
		return -1;
	clone = (int)syscall(SYS_open_tree, node, "", OPEN_TREE_CLONE |
	    OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	if (clone < 0)
		return -1;
	return (int)syscall(SYS_move_mount, clone, "", sysfs, path,
	    MOVE_MOUNT_F_EMPTY_PATH);
}

static bool
is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) &&
	    (path[len] == '/' || path[len] == '\0');
}

/* move_mounts - move all visible mounts below the old /sys, except sysfs */
static void
move_mounts(int old, int sysfs, const struct mounts *m)
{
	const char *moved = NULL;

	for (size_t i = 0; i < m->n; i++) {
		auto_close int node = -1;
		const char *path = m->path[i];
		struct statfs st;

		if (moved && is_below(path, moved))
			continue;	/* moved with its parent */
		node = openat(old, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (node < 0 || fstatfs(node, &st) < 0)
			continue;	/* hidden by another mount */
		if (st.f_type == SYSFS_MAGIC)
			continue;	/* a part of the old one, bound */
		moved = path;
		if (move_mount_to(node, sysfs, path) == 0)
			continue;
		if (errno != ENOENT && errno != ENOTDIR)
			err(EXIT_TOOL, "move %s/%s", SYS, path);
		warn("%s/%s is lost: no such directory in the new sysfs", SYS,
		    path);
	}
}

/* renew_cwd - if the working directory is in the old /sys, go to the new one */
static void
renew_cwd(void)
{
	char cwd[PATH_MAX];

	if (!getcwd(cwd, sizeof(cwd)) || !is_below(cwd, SYS))
		return;
	if (chdir(cwd) < 0) {
		warn("working directory %s", cwd);
		if (chdir(SYS) < 0)
			err(EXIT_TOOL, "chdir %s", SYS);
	}
}

/* renew_sys - mount the new sysfs over the old one, and move the mounts */
static void
renew_sys(void)
{
	auto_close int old = open_or_die(SYS, O_PATH | O_DIRECTORY);
	auto_close int sysfs = -1;
	static struct mounts m;
	struct statfs st;

	if (fstatfs(old, &st) < 0 ||
	    mounts_below(old, SYS, SYSFS_MAGIC, &m) < 0)
		err(EXIT_TOOL, "list the mounts below %s", SYS);
	sysfs = mount_sysfs(&st);
	if (sysfs < 0 && (errno == ENOSYS || errno == EPERM))
		sysfs = mount_sysfs_old(&st);
	if (sysfs < 0 && errno == EPERM) {
		warn("%s unchanged: mount sysfs", SYS);
		return;
	}
	if (sysfs < 0)
		err(EXIT_TOOL, "mount sysfs on %s", SYS);
	move_mounts(old, sysfs, &m);
	renew_cwd();
}

/* bind_etc - bind /etc/netns/NAME/FILE over /etc/FILE; failures only warn */
static void
bind_etc(const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct dirent *e;
	DIR *dir;
	int n;

	n = snprintf(from, sizeof(from), ETC "/netns/%s", name);
	if (n >= PATH_MAX)
		return;
	dir = opendir(from);
	if (!dir)
		return;
	for (e = readdir(dir); e; e = readdir(dir)) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(from, sizeof(from), ETC "/netns/%s/%s", name,
		    e->d_name);
		snprintf(to, sizeof(to), ETC "/%s", e->d_name);
		if (mount(from, to, NULL, MS_BIND, NULL) < 0)
			warn("bind %s over %s", from, to);
	}
	closedir(dir);
}

static struct home
find_home(void)
{
	return (struct home){
		.mnt = open_or_die("/proc/self/ns/mnt", O_RDONLY),
		.names = open_or_die(NETNS_DIR, O_PATH | O_DIRECTORY),
	};
}

/* unlink_at_home - remove the name; the kernel then unmounts every copy */
static void
unlink_at_home(struct home home, const char *name, int ns)
{
	auto_close int mnt = open_or_die("/proc/self/ns/mnt", O_RDONLY);
	auto_close int root = open_or_die("/", O_PATH);
	auto_close int cwd = open_or_die(".", O_PATH);
	auto_close int now = -1;

	if (setns(home.mnt, CLONE_NEWNS) < 0 || fchdir(home.names) < 0)
		err(EXIT_TOOL, "enter the caller's mount namespace to unlink %s",
		    name);
	now = openat(home.names, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (now < 0 || !same_file(now, ns))
		errx(EXIT_TOOL, "unlink %s: it is another namespace now", name);
	/* EINVAL: not a mount, but a symbolic link, say. */
	if (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL)
		err(EXIT_TOOL, "unmount %s/%s", NETNS_DIR, name);
	if (unlink(name) < 0)
		err(EXIT_TOOL, "unlink %s/%s", NETNS_DIR, name);
	if (setns(mnt, CLONE_NEWNS) < 0 || fchdir(root) < 0 ||
	    chroot(".") < 0 || fchdir(cwd) < 0)
		err(EXIT_TOOL, "return from the caller's mount namespace");
}

/* run - enter the namespace and become the command */
static int
run(const struct cli_job *job)
{
	const char *spec = job->netns;
	bool named = !strchr(spec, '/') && strncmp(spec, "pid:", 4);
	struct home home = { -1, -1 };
	int ns;

	if (job->unlinks && !named)
		errx(EXIT_TOOL, "--unlink needs a name under %s, not %s",
		    NETNS_DIR, spec);
	ns = netns_open(spec);
	if (ns < 0)
		err(EXIT_TOOL, "open network namespace %s", spec);
	if (job->unlinks)
		home = find_home();
	drop_caps(job->unlinks);

	enter(ns, spec);
	renew_sys();
	if (named)
		bind_etc(spec);
	if (job->unlinks)
		unlink_at_home(home, spec, ns);

	execvp(job->command[0], job->command);
	err(exits_exec(errno), "exec %s", job->command[0]);
}

static const struct cli_option options[] = {
	{ 'u', "unlink", NULL, "remove the name before running COMMAND", true },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "", "[--unlink] NETNS [--] COMMAND [ARGUMENT]...", "u",
	    "run a command in a network namespace, with a /sys of that namespace",
	    run, 2, INT_MAX, 2 },
	{ 0 },
};

static const struct cli cli = { .tool = "run-in-netns", .verbs = verbs,
    .options = options, .notes = "NETNS is a name in " NETNS_DIR ", a path, or "
    "pid:N.\nThe file systems mounted below /sys are kept." };

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	(void)r;		/* it can only be --unlink */
	(void)why;
	job->unlinks = true;
	return 0;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { 0 };
	struct errmsg why = { "" };
	int answer;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(EXIT_TOOL, PRIVILEGE_SETUID);
	answer = cli_read(&reader, &cli, argv, set_option, &job, &why);
	if (answer < 0)
		errx(EXIT_TOOL, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(EXIT_TOOL, "write the output");
		return 0;
	}
	job.netns = reader.operand[0];
	job.command = reader.operand + 1;
	return run(&job);
}
