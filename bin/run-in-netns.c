/* SPDX-License-Identifier: MIT */
/*
 * run-in-netns [--unlink] netns [--] command [argument ...]
 *
 * Enter the network namespace, and a mount namespace of our own in which /sys
 * is a sysfs of that network namespace; then become command.
 *
 * A sysfs shows the network namespace of whoever mounts it, so we enter first
 * and mount then.  The new sysfs covers the old one, and what was mounted
 * below the old (the cgroup tree, above all) moves over.  Nobody else is in
 * the mount namespace, so the order of the steps does not matter, and a kill
 * undoes them all.  Kernels before 5.2 have only mount(2) for this.
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
#ifndef FSOPEN_CLOEXEC			/* musl has none of it, glibc all */
#include <linux/mount.h>
#endif

#include "base/privilege.h"
#include "base/exits.h"
#include "base/fd.h"
#include "tree/mounts.h"
#include "net/netns.h"
#include "base/cli.h"

#define SYS "/sys"
#define ETC "/etc"

/* These bits mean the same in ST_*, MS_* and MOUNT_ATTR_*. */
#define SAME_FLAGS (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC)

static const char usage_text[] =
	"usage: run-in-netns [--unlink] netns [--] command [argument ...]\n";
static const char help[] =
	"usage: run-in-netns [--unlink] netns [--] command [argument ...]\n"
	"\n"
	"Run command in a network namespace, with a /sys of that namespace\n"
	"and all that was mounted below the old one.\n"
	"\n"
	"  netns          a name under " NETNS_DIR ", a path, or pid:N\n"
	"  -u, --unlink   remove the name once inside\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n";

/* Where we come from, for what must be done there: --unlink. */
struct home {
	int mnt;		/* the mount namespace */
	int names;		/* NETNS_DIR in it */
};

static _Noreturn void
usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_TOOL);
}

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
	/* To go home and back takes chroot, and a search of where we are. */
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

static void
enter(int ns, const char *spec)
{
	int e;

	if (setns(ns, CLONE_NEWNET) < 0) {
		/* One that we are in already need not be ours to enter. */
		e = errno;
		if (e != EPERM || !same_file(ns,
		    open_or_die("/proc/self/ns/net", O_RDONLY))) {
			errno = e;
			err(EXIT_TOOL, "enter %s", spec);
		}
	}
	if (unshare(CLONE_NEWNS) < 0)
		err(EXIT_TOOL, "make a mount namespace");
	/* As ip does: the host's mounts go on arriving, ours stay here. */
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

static int
mount_new(const struct statfs *old)
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

static int
mount_old(const struct statfs *old)
{
	unsigned long flags = (unsigned long)old->f_flags &
	    (SAME_FLAGS | ST_NOATIME | ST_NODIRATIME);

	if (!(old->f_flags & (ST_RELATIME | ST_NOATIME)))
		flags |= MS_STRICTATIME;
	if (mount("sysfs", SYS, "sysfs", flags, NULL) < 0)
		return -1;
	return open(SYS, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
bring_old(int node, const char *path)
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
 * Bring the mount that node is open on to path below the new sysfs: move it,
 * or where it is locked to its place, as in a user namespace, clone it.
 */
static int
bring(int node, int sysfs, const char *path)
{
	auto_close int clone = -1;

	if (syscall(SYS_move_mount, node, "", sysfs, path,
	    MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 0;
	if (errno == ENOSYS)
		return bring_old(node, path);
	if (errno != EINVAL)
		return -1;
	clone = (int)syscall(SYS_open_tree, node, "", OPEN_TREE_CLONE |
	    OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	if (clone < 0)
		return -1;
	return (int)syscall(SYS_move_mount, clone, "", sysfs, path,
	    MOVE_MOUNT_F_EMPTY_PATH);
}

/* All that is to be seen below the old /sys but for other sysfs. */
static void
bring_all(int old, int sysfs, const struct mounts *m)
{
	const char *kept = NULL;
	size_t len = 0;

	for (size_t i = 0; i < m->n; i++) {
		auto_close int node = -1;
		const char *path = m->path[i];
		struct statfs st;

		if (kept && !strncmp(path, kept, len) &&
		    (path[len] == '/' || !path[len]))
			continue;	/* came along */
		node = openat(old, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (node < 0 || fstatfs(node, &st) < 0)
			continue;	/* hidden: nothing was to be seen */
		if (st.f_type == SYSFS_MAGIC)
			continue;	/* part of the old one, bound */
		kept = path;
		len = strlen(path);
		if (bring(node, sysfs, path) == 0)
			continue;
		if (errno != ENOENT && errno != ENOTDIR)
			err(EXIT_TOOL, "keep %s/%s", SYS, path);
		warn("no place any more for %s/%s", SYS, path);
	}
}

/* A working directory below /sys is the old one's: go to the new one's. */
static void
renew_cwd(void)
{
	char cwd[PATH_MAX];

	if (!getcwd(cwd, sizeof(cwd)) || strncmp(cwd, SYS, strlen(SYS)) ||
	    (cwd[strlen(SYS)] && cwd[strlen(SYS)] != '/'))
		return;
	if (chdir(cwd) < 0) {
		warn("working directory %s", cwd);
		if (chdir(SYS) < 0)
			err(EXIT_TOOL, "chdir %s", SYS);
	}
}

static void
renew_sys(void)
{
	auto_close int old = open_or_die(SYS, O_PATH | O_DIRECTORY);
	auto_close int sysfs = -1;
	static struct mounts m;
	struct statfs st;

	if (fstatfs(old, &st) < 0 ||
	    mounts_below(old, SYS, SYSFS_MAGIC, &m) < 0)
		err(EXIT_TOOL, "see what is mounted below %s", SYS);
	sysfs = mount_new(&st);
	if (sysfs < 0 && (errno == ENOSYS || errno == EPERM))
		sysfs = mount_old(&st);
	if (sysfs < 0 && errno == EPERM) {
		warn("%s stays as it was: mount sysfs", SYS);
		return;
	}
	if (sysfs < 0)
		err(EXIT_TOOL, "mount sysfs on %s", SYS);
	bring_all(old, sysfs, &m);
	renew_cwd();
}

/* /etc/netns/NAME/FILE over /etc/FILE; what does not work does not hinder. */
static void
bind_etc(const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct dirent *e;
	DIR *dir;
	int n;

	n = snprintf(from, sizeof(from), ETC "/netns/%s", name);
	if (n >= PATH_MAX || !(dir = opendir(from)))
		return;
	while ((e = readdir(dir))) {
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

/* Remove the name where it is; the kernel then does so in every copy. */
static void
unlink_at_home(struct home home, const char *name, int ns)
{
	auto_close int mnt = open_or_die("/proc/self/ns/mnt", O_RDONLY);
	auto_close int root = open_or_die("/", O_PATH);
	auto_close int cwd = open_or_die(".", O_PATH);
	auto_close int now = -1;

	if (setns(home.mnt, CLONE_NEWNS) < 0 || fchdir(home.names) < 0)
		err(EXIT_TOOL, "go back to unlink %s", name);
	now = openat(home.names, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (now < 0 || !same_file(now, ns))
		errx(EXIT_TOOL, "unlink %s: it is not what it was", name);
	/* EINVAL: it is a link or the like, no mount. */
	if (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL)
		err(EXIT_TOOL, "unmount %s/%s", NETNS_DIR, name);
	if (unlink(name) < 0)
		err(EXIT_TOOL, "unlink %s/%s", NETNS_DIR, name);
	if (setns(mnt, CLONE_NEWNS) < 0 || fchdir(root) < 0 ||
	    chroot(".") < 0 || fchdir(cwd) < 0)
		err(EXIT_TOOL, "come back after unlink");
}

int
main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "unlink", no_argument, NULL, 'u' },
		CLI_COMMON
	};
	struct home home = { -1, -1 };
	bool unlinks = false, named;
	const char *spec;
	int opt, ns;

	if (privilege_refuse_setuid() < 0)
		errx(EXIT_TOOL, PRIVILEGE_SETUID);
	while ((opt = getopt_long(argc, argv, "+uhV", longs, NULL)) != -1)
		switch (opt) {
		case 'u': unlinks = true; break;
		CLI_CASES(help, EXIT_TOOL);
		}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		usage();
	spec = *argv++;
	if (*argv && !strcmp(*argv, "--"))
		argv++;
	if (!*argv)
		usage();
	named = !strchr(spec, '/') && strncmp(spec, "pid:", 4);
	if (unlinks && !named)
		errx(EXIT_TOOL, "--unlink needs a name under %s, not %s",
		    NETNS_DIR, spec);

	if ((ns = netns_open(spec)) < 0)
		err(EXIT_TOOL, "open network namespace %s", spec);
	if (unlinks)
		home = find_home();
	drop_caps(unlinks);

	enter(ns, spec);
	renew_sys();
	if (named)
		bind_etc(spec);
	if (unlinks)
		unlink_at_home(home, spec, ns);

	execvp(argv[0], argv);
	err(errno == ENOENT ? EXIT_NOCMD : EXIT_NOEXEC, "exec %s", argv[0]);
}
