/* SPDX-License-Identifier: MIT */
#ifndef TREE_NSPAWN_H
#define TREE_NSPAWN_H

#include <sys/types.h>

#include "base/errmsg.h"

/*
 * The mount namespace of a running systemd-nspawn, which is the host's: the
 * container has another one, and its root cannot change this one.  What is mounted
 * here on a mount that closure_share shared reaches the container.
 */
struct nspawn {
	int fd;			/* a pidfd */
	pid_t pid;
};

/*
 * nspawn_open - the systemd-nspawn of a container
 *
 * leader: the first process of the container.  Its parent must be in the PID
 * namespace of this process: so a pid that now belongs to a process of a container
 * does not lead to a parent in there.  Returns 0, or -1 and why.
 */
int nspawn_open(pid_t leader, struct nspawn *n, struct errmsg *why);

/*
 * nspawn_dir - what is mounted on a directory of the host's, as it has it
 *
 * Returns an O_PATH descriptor that the caller owns, or -1 and why: nothing is.
 */
int nspawn_dir(const struct nspawn *n, const char *path, struct errmsg *why);

/*
 * nspawn_mount - mount there what is mounted on that directory here
 *
 * "Here" is the mount namespace of this process, which is in the other one on
 * return.  Returns 0, or -1 and why.  Needs CAP_SYS_ADMIN, CAP_SYS_CHROOT and
 * CAP_SYS_PTRACE.
 * Source: "Shared subtrees" in mount_namespaces(7), and setns(2).
 */
int nspawn_mount(const struct nspawn *n, const char *path, struct errmsg *why);

#endif
