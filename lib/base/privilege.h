/* SPDX-License-Identifier: MIT */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <sys/capability.h>

/*
 * privilege_only - keep these capabilities and drop all others
 *
 * The effective and permitted sets become the n capabilities of list, the
 * inheritable and ambient sets empty.  If the process lacks a capability,
 * returns -1 with errno EPERM and its name in *missing ("cap_net_admin", static
 * storage), and changes nothing.  Returns 0 on success.  Other errno values are
 * those of capset(2), with *missing NULL.
 * Source: capabilities(7), cap_set_proc(3).
 */
int privilege_only(const cap_value_t *list, int n, const char **missing);

/*
 * privilege_refuse_setuid - refuse privileges of the program's file
 *
 * A tool calls this first.  Until the next exec only root may then trace the
 * process or read its memory.  Returns 0, or -1 with errno EPERM: the file has
 * the set-user-ID bit or capabilities, which the tools are not written for.
 * Source: getauxval(3), PR_SET_DUMPABLE in prctl(2).
 */
int privilege_refuse_setuid(void);

/*
 * privilege_no_new - set NoNewPrivileges, and a umask of 022
 *
 * For tools that start no program with more privileges than their own.
 * Returns 0, or -1 with errno.
 * Source: PR_SET_NO_NEW_PRIVS in prctl(2).
 */
int privilege_no_new(void);

#define PRIVILEGE_SETUID "refuses to run set-user-ID or with capabilities of its file"

#endif
