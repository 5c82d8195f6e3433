/* SPDX-License-Identifier: MIT */
/* guard.c - what every tool is at its start: nobody's tool but its caller's */
#include "guard.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>

int
guard_enter(void)
{
	if (getauxval(AT_SECURE)) {
		errno = EPERM;
		return -1;
	}
#ifdef __SANITIZE_ADDRESS__		/* it looks for leaks by ptrace(2) */
	return 0;
#else
	return prctl(PR_SET_DUMPABLE, 0);
#endif
}

int
guard_alone(void)
{
	umask(022);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
