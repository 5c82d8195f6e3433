/* SPDX-License-Identifier: MIT */
/* seal.c - mounts that nobody can make writable again */
#define _GNU_SOURCE
#include "tree/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifndef OPEN_TREE_CLONE			/* musl lacks it, glibc has it */
#include <linux/mount.h>
#endif

#include "base/fd.h"

/* clone_tree - a detached copy of what is mounted at a path; -1 with errno */
static int
clone_tree(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE |
	    OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int
attach(int tree, const char *path)
{
	return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, path,
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

/*
 * cover - put a read-only copy over a path
 *
 * A mount that the host makes below it later would come with the host's flags:
 * private mounts get none.
 */
static int
cover(const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY,
	    .propagation = MS_PRIVATE };
	auto_close int tree = clone_tree(path);

	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH |
	    AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return -1;
	return attach(tree, path);
}

/*
 * take_copies - in a child with the same descriptors: fill them with copies
 *
 * Its exit status is an errno, or 0.
 */
static _Noreturn void
take_copies(char *const path[], const int *slot, size_t n)
{
	int tree;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		_exit(errno);
	for (size_t i = 0; i < n; i++) {
		tree = clone_tree(path[i]);
		if (tree < 0 || dup3(tree, slot[i], O_CLOEXEC) < 0)
			_exit(errno);
		close(tree);
	}
	_exit(0);
}

/* copy_in_userns - fill the descriptors with locked copies; -1 with errno */
static int
copy_in_userns(char *const path[], const int *slot, size_t n)
{
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL,
	    NULL);
	int status;

	if (pid == 0)
		take_copies(path, slot, n);
	if (pid < 0)
		return -1;
	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno ? -1 : 0;
}

/* open_slots - n descriptors, for copies to take the place of */
static int *
open_slots(size_t n)
{
	int *slot = calloc(n + 1, sizeof(*slot));

	for (size_t i = 0; slot && i < n; i++) {
		slot[i] = open("/", O_PATH | O_CLOEXEC);
		if (slot[i] < 0)
			return NULL;
	}
	return slot;
}

int
seal_begin(struct errmsg *why)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return errmsg_errno(why, "make a mount namespace");
	return 0;
}

int
seal_paths(char *const path[], size_t n, struct errmsg *why)
{
	int *slot = open_slots(n);

	if (!slot)
		return errmsg_errno(why, "make descriptors");
	for (size_t i = 0; i < n; i++)
		if (cover(path[i]) < 0)
			return errmsg_errno(why, "seal %s", path[i]);
	if (copy_in_userns(path, slot, n) < 0)
		return errmsg_errno(why, "copy the mounts in a user namespace");
	for (size_t i = 0; i < n; i++) {
		if (attach(slot[i], path[i]) < 0)
			return errmsg_errno(why, "seal %s", path[i]);
		close(slot[i]);
	}
	free(slot);
	return 0;
}
