/* SPDX-License-Identifier: MIT */
/* nspawn.c - the mount namespace of a running systemd-nspawn */
#define _GNU_SOURCE
#include "tree/nspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifndef OPEN_TREE_CLONE			/* musl lacks it, glibc has it */
#include <linux/mount.h>
#endif

#include "base/fd.h"
#include "base/proc.h"

/* leader_parent - the parent of the first process of a PID namespace, or 0 */
static pid_t
leader_parent(pid_t leader)
{
	char status[PROC_STATUS];

	if (proc_read(leader, "status", status, sizeof(status)) == 0 ||
	    !proc_first(status))
		return 0;
	return proc_parent(status);
}

/* is_ours - is it in the PID namespace of this process, and not below? */
static bool
is_ours(pid_t pid)
{
	char status[PROC_STATUS], want[32];
	int n = snprintf(want, sizeof(want), "%d\n", (int)pid);

	return proc_read(pid, "status", status, sizeof(status)) > 0 &&
	    !strncmp(proc_line(status, "\nNSpid:\t"), want, (size_t)n);
}

int
nspawn_open(pid_t leader, struct nspawn *n, struct errmsg *why)
{
	auto_close int fd = -1;

	n->pid = leader_parent(leader);
	if (n->pid > 0)
		fd = proc_open(n->pid);
	/* It is its parent still, so the pidfd is of the parent. */
	if (fd < 0 || leader_parent(leader) != n->pid || !is_ours(n->pid))
		return errmsg_set(why, "not the first process of a container: "
		    "%d", (int)leader);
	n->fd = fd_take(&fd);
	return 0;
}

int
nspawn_dir(const struct nspawn *n, const char *path, struct errmsg *why)
{
	char there[PATH_MAX + 40];
	auto_close int dir = -1;
	struct stat here, st;

	snprintf(there, sizeof(there), "/proc/%d/root%s", (int)n->pid, path);
	dir = open(there, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !proc_alive(n->fd) || fstat(dir, &st) < 0 ||
	    stat(path, &here) < 0)
		return errmsg_errno(why, "open %s of systemd-nspawn", path);
	if (st.st_dev == here.st_dev)
		return errmsg_set(why, "%s: its systemd-nspawn has mounted "
		    "nothing there", path);
	return fd_take(&dir);
}

int
nspawn_mount(const struct nspawn *n, const char *path, struct errmsg *why)
{
	auto_close int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return errmsg_errno(why, "copy the mount of %s", path);
	if (setns(n->fd, CLONE_NEWNS) < 0)
		return errmsg_errno(why, "enter the mount namespace of "
		    "systemd-nspawn");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, path,
	    MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return errmsg_errno(why, "mount %s for systemd-nspawn", path);
	return 0;
}
