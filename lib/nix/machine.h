/* SPDX-License-Identifier: MIT */
#ifndef NIX_MACHINE_H
#define NIX_MACHINE_H

#define MACHINE_DIR "/run/systemd/machines"

/*
 * machine_root - the root of a container that runs, with all it mounted there
 *
 * dir is where systemd-machined keeps what it knows (MACHINE_DIR), trees the
 * directory that holds the containers' trees: a machine of that name from
 * elsewhere is another's.  What is found is a path of the container's: go on
 * from it by inroot_open.  Returns an O_PATH, O_CLOEXEC descriptor, or -1 with
 * errno ENOENT (it does not run) or that of open(2); EACCES without
 * CAP_SYS_PTRACE.  Needs /proc.
 */
int machine_root(const char *dir, const char *trees, const char *name);

#endif
