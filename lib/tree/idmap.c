/* SPDX-License-Identifier: MIT */
/* idmap.c - ID-mapped mounts */
#define _GNU_SOURCE
#include "tree/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifndef OPEN_TREE_CLONE			/* musl lacks it, glibc has it */
#include <linux/mount.h>
#endif

#include "base/fd.h"

/*
 * fork_userns - a child in a new user namespace, which stops itself
 *
 * It shares its descriptors, and ns becomes one of the namespace.
 */
static pid_t
fork_userns(int ns)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_FILES | SIGCHLD,
	    NULL, NULL, NULL, NULL);
	int fd;

	if (pid != 0)
		return (pid_t)pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)dup3(fd, ns, O_CLOEXEC);	/* then ns cannot be used */
	close(fd);
	kill(getpid(), SIGSTOP);	/* raise(3) may know another ID */
	_exit(0);
}

/* write_map - of the first 65536 IDs, for a child; -1 with errno */
static int
write_map(pid_t pid, const char *file)
{
	static const char map[] = "0 65536 65536\n";
	char path[48];
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return fd_write_all(fd, map, sizeof(map) - 1);
}

/* wait_for - 0 once the child has stopped, or if stopped is 0 ended */
static int
wait_for(pid_t pid, int stopped)
{
	int status;

	while (waitpid(pid, &status, stopped) < 0)
		if (errno != EINTR)
			return -1;
	return WIFSTOPPED(status) || !stopped ? 0 : -1;
}

/* open_userns - a descriptor of a user namespace that maps; -1 with errno */
static int
open_userns(void)
{
	auto_close int ns = open("/", O_PATH | O_CLOEXEC);
	pid_t pid;
	bool mapped;

	if (ns < 0)
		return -1;
	pid = fork_userns(ns);
	if (pid < 0)
		return -1;
	mapped = wait_for(pid, WUNTRACED) == 0 &&
	    write_map(pid, "uid_map") == 0 && write_map(pid, "gid_map") == 0;
	kill(pid, SIGKILL);
	(void)wait_for(pid, 0);
	return mapped ? fd_take(&ns) : -1;
}

int
idmap_works(const char *path)
{
	auto_close int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	auto_close int userns = -1;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };

	if (tree < 0)
		return errno == ENOSYS ? 0 : -1;
	userns = open_userns();
	if (userns < 0)
		return 0;
	attr.userns_fd = (unsigned)userns;
	return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr,
	    sizeof(attr)) == 0;
}
