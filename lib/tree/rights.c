/* SPDX-License-Identifier: MIT */
/* rights.c - capabilities for work in a tree */
#include "tree/rights.h"

#include "base/privilege.h"

int
rights_keep(enum rights what, const char **missing)
{
	static const cap_value_t files[] = { CAP_CHOWN, CAP_DAC_OVERRIDE,
	    CAP_FOWNER, CAP_LINUX_IMMUTABLE }, mounts[] = { CAP_SYS_ADMIN,
	    CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETGID }, closure[] = {
	    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_SYS_ADMIN,
	    CAP_SYS_CHROOT, CAP_SYS_PTRACE }, jail[] = {
	    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP,
	    CAP_SYS_ADMIN, CAP_SETPCAP, CAP_SETUID, CAP_SETGID };

	/* With less, some of it is done all the same. */
	if (what == RIGHTS_REMOVE && privilege_only(files, 4, missing) == 0)
		return 0;
	if (what == RIGHTS_MOUNTS && privilege_only(mounts, 4, missing) == 0)
		return 0;
	switch (what) {
	case RIGHTS_CLOSURE: return privilege_only(closure, 6, missing);
	case RIGHTS_JAIL: return privilege_only(jail, 9, missing);
	default: return privilege_only(files, 3, missing);
	}
}
