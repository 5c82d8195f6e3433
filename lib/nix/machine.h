/* SPDX-License-Identifier: MIT */
#ifndef NIX_MACHINE_H
#define NIX_MACHINE_H

#define MACHINE_DIR "/run/systemd/machines"

/*
 * machine_root - open the root of a running container, with all its mounts
 *
 * dir is the state directory of systemd-machined (MACHINE_DIR), trees the
 * directory with the containers' trees: a machine of that name with another
 * root is not the container.  Resolve paths below the root with inroot_open,
 * as the container controls it.  Returns an O_PATH, O_CLOEXEC descriptor, or
 * -1 with errno ENOENT (not running), EACCES (no CAP_SYS_PTRACE) or that of
 * open(2).  Needs /proc.
 */
int machine_root(const char *dir, const char *trees, const char *name);

#endif
