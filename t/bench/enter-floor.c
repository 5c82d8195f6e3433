/* SPDX-License-Identifier: MIT */
/*
 * enter-floor NETNS COMMAND MOUNT...
 *
 * The lower bound for run-in-netns: the bare system calls, without checks; the
 * arguments name the mounts below /sys.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h>

enum { MOUNTS = 32 };

int
main(int argc, char *argv[])
{
	int ns, fs, sys, tree[MOUNTS], n = argc - 3;

	if (n < 0 || n > MOUNTS)
		errx(2, "NETNS COMMAND [MOUNT ...]");
	if ((ns = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0 ||
	    setns(ns, CLONE_NEWNET) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		err(1, "%s", argv[1]);
	for (int i = 0; i < n; i++)
		if ((tree[i] = open(argv[i + 3], O_PATH | O_CLOEXEC)) < 0)
			err(1, "%s", argv[i + 3]);
	if ((fs = (int)syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC)) < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (sys = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0)) < 0 ||
	    syscall(SYS_move_mount, sys, "", AT_FDCWD, "/sys",
	    MOVE_MOUNT_F_EMPTY_PATH) < 0)
		err(1, "sysfs");
	for (int i = 0; i < n; i++)
		if (syscall(SYS_move_mount, tree[i], "", AT_FDCWD, argv[i + 3],
		    MOVE_MOUNT_F_EMPTY_PATH) < 0)
			err(1, "%s", argv[i + 3]);
	execl(argv[2], argv[2], (char *)NULL);
	err(1, "%s", argv[2]);
}
