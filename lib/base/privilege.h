/* SPDX-License-Identifier: MIT */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <sys/capability.h>

/*
 * privilege_only - hold these capabilities and no others
 *
 * Effective and permitted become the n capabilities of list, inheritable and
 * ambient become empty.  Returns 0, or -1 with errno EPERM and *missing the
 * name ("cap_net_admin", static storage) of the first capability that the
 * process does not have; nothing is changed then.  Other errno values are
 * those of capset(2), with *missing NULL.
 * Source: capabilities(7), cap_set_proc(3).
 */
int privilege_only(const cap_value_t *list, int n, const char **missing);

/*
 * privilege_refuse_setuid - the first thing that a tool does
 *
 * From then on nobody but root may trace the process or read its memory, until
 * it becomes another program.  Returns 0, or -1 with errno EPERM: the program
 * was given privileges that its caller lacks (a set-user-ID file, capabilities
 * of the file), which it was not written for.
 * Source: getauxval(3), PR_SET_DUMPABLE in prctl(2).
 */
int privilege_refuse_setuid(void);

/*
 * privilege_no_new - what a tool does that starts nothing which needs more than it has
 *
 * It cannot gain privileges by that, and makes files by a umask of 022.
 * Returns 0, or -1 with errno.
 * Source: PR_SET_NO_NEW_PRIVS in prctl(2).
 */
int privilege_no_new(void);

#define PRIVILEGE_SETUID "refuses to run set-user-ID or with capabilities of its file"

#endif
