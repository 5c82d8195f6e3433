/* SPDX-License-Identifier: MIT */
#ifndef TREE_JAIL_H
#define TREE_JAIL_H

#include "base/errmsg.h"

/*
 * jail_enter - leave all of the host but the programs in it; for a child
 *
 * The process gets namespaces of its own for mounts, network, IPC and host name,
 * and a root that holds nothing but the programs and libraries of the host
 * (/usr, /bin, /lib*, /nix/store, /etc/alternatives), read-only.  tree: a descriptor of a directory
 * that becomes /to, which alone can be written to; or -1.  It then keeps the
 * capabilities to make any file in /to, and can get no others; without a tree it
 * becomes nobody (65534) and has none.  Each process that it runs has at most
 * 1 GiB of memory, and dies with the parent of this one.  Descriptors stay.
 * Needs /proc, and CAP_SYS_ADMIN, CAP_SETPCAP, CAP_SETUID and CAP_SETGID.
 * Returns 0, or -1 and why.
 * Source: pivot_root(2), capabilities(7).
 */
int jail_enter(int tree, struct errmsg *why);

/* jail_environment - what a program in it gets */
extern char *const jail_environment[];

/*
 * jail_program - find a program in PATH
 *
 * path: of PATH_MAX bytes.  No directory of it is a link, so it is the same in the
 * jail.  The program itself may be a link, as some look at their name.
 * Returns 0, or -1 with errno ENOENT.
 */
int jail_program(const char *name, char *path);

#endif
