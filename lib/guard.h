/* SPDX-License-Identifier: MIT */
#ifndef GUARD_H
#define GUARD_H

/*
 * guard_enter - the first thing that a tool does
 *
 * From then on nobody but root may trace the process or read its memory, until
 * it becomes another program.  Returns 0, or -1 with errno EPERM: the program
 * was given privileges that its caller lacks (a set-user-ID file, capabilities
 * of the file), which it was not written for.
 * Source: getauxval(3), PR_SET_DUMPABLE in prctl(2).
 */
int guard_enter(void);

/*
 * guard_alone - what a tool does that starts nothing which needs more than it has
 *
 * It cannot gain privileges by that, and makes files by a umask of 022.
 * Returns 0, or -1 with errno.
 * Source: PR_SET_NO_NEW_PRIVS in prctl(2).
 */
int guard_alone(void);

#define GUARD_WHY "refuses to run set-user-ID or with capabilities of its file"

#endif
