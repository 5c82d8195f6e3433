/* SPDX-License-Identifier: MIT */
/*
 * privilege.c - drop privileges that a tool does not need
 *
 * It uses libcap's two bare system calls: libcap's sets are on the heap, which
 * would cost time in each process of a tool that runs once per container.
 */
#include "base/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/*
 * cap_label - the name of a capability
 *
 * libcap's cap_to_name would add 25 KiB of parser and heap to a static tool.
 * Source: linux/capability.h, in its order.
 */
static const char *
cap_label(cap_value_t cap)
{
	static const char *const names[] = {
		"chown", "dac_override", "dac_read_search", "fowner", "fsetid",
		"kill", "setgid", "setuid", "setpcap", "linux_immutable",
		"net_bind_service", "net_broadcast", "net_admin", "net_raw",
		"ipc_lock", "ipc_owner", "sys_module", "sys_rawio",
		"sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
		"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease",
		"audit_write", "audit_control", "setfcap", "mac_override",
		"mac_admin", "syslog", "wake_alarm", "block_suspend",
		"audit_read", "perfmon", "bpf", "checkpoint_restore",
	};
	static char buf[32];
	size_t i = (size_t)cap;

	snprintf(buf, sizeof(buf), "cap_%s",
	    i < sizeof(names) / sizeof(*names) ? names[i] : "unknown");
	return buf;
}

int
privilege_only(const cap_value_t *list, int n, const char **missing)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct want[_LINUX_CAPABILITY_U32S_3] = { 0 };

	*missing = NULL;
	if (capget(&head, have) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		unsigned word = CAP_TO_INDEX((unsigned)list[i]);

		if (!(have[word].permitted & CAP_TO_MASK(list[i]))) {
			*missing = cap_label(list[i]);
			errno = EPERM;
			return -1;
		}
		want[word].permitted |= CAP_TO_MASK(list[i]);
		want[word].effective |= CAP_TO_MASK(list[i]);
	}
	/* An empty inheritable set empties the ambient one: capabilities(7). */
	return capset(&head, want);
}

int
privilege_refuse_setuid(void)
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
privilege_no_new(void)
{
	umask(022);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
