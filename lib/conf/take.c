/* SPDX-License-Identifier: MIT */
/* take.c - settings of an archive that somebody else made */
#define _GNU_SOURCE
#include "conf/take.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum origin {
	HOST,			/* gives it something of the host, or asks it for that */
	HARMLESS,
	ANEW,			/* each host has its own */
};

static enum origin
origin_of(enum key key)
{
	switch (key) {
	case KEY_EPHEMERAL:
	case KEY_MTU:
	case KEY_ALLOW_FROM:
	case KEY_COPY_RESOLV_CONF:
	case KEY_TMPFS:
	case KEY_STORE:
	case KEY_MEMORY_MAX:
	case KEY_MEMORY_SWAP_MAX:
	case KEY_CPU_QUOTA:
	case KEY_ALLOWED_CPUS:
	case KEY_IO_WEIGHT:
	case KEY_TASKS_MAX:
	case KEY_START_TIMEOUT:
		return HARMLESS;
	case KEY_DECLARED_IN:
	case KEY_PRIVATE_NETWORK:
	case KEY_HOST_ADDRESS:
	case KEY_LOCAL_ADDRESS:
	case KEY_HOST_ADDRESS6:
	case KEY_LOCAL_ADDRESS6:
	case KEY_LOCAL_MAC_ADDRESS:
	case KEY_NAT:
	case KEY_PRIVATE_USERS:
	case KEY_NIX_DAEMON:
		return ANEW;
	default:
		return HOST;
	}
}

static bool
is_changed(const struct cli_job *job, enum key key)
{
	for (int i = 0; i < job->changes; i++)
		if (job->change[i].key == key)
			return true;
	return false;
}

int
take_harmless(struct cli_job *job, const struct settings_errors *errors)
{
	static struct settings s;
	char left[1024] = "";
	size_t n = 0;

	if (settings_read(&s, AT_FDCWD, job->take, job->take, errors) < 0)
		return -1;
	for (enum key key = 0; key < KEYS; key++) {
		enum origin origin = origin_of(key);

		if (!s.value[key] || is_changed(job, key) || origin == ANEW)
			continue;
		if (origin == HARMLESS)
			job->change[job->changes++] = (struct change){ key,
			    s.value[key] };
		else
			n += (size_t)snprintf(left + n, sizeof(left) - n, " %s",
			    key_info[key].name);
	}
	if (n > 0)
		settings_report(errors, job->take, 0, "not taken, as they reach "
		    "into this host:%s", left);
	return 0;
}
