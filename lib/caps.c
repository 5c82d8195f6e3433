/* SPDX-License-Identifier: MIT */
/* caps.c - give up the capabilities that the job does not need */
#include "caps.h"

#include <errno.h>
#include <stdio.h>

static const char *
cap_label(cap_value_t cap)
{
	static char buf[32];
	char *name = cap_to_name(cap);

	snprintf(buf, sizeof(buf), "%s", name ? name : "unknown capability");
	cap_free(name);
	return buf;
}

static int
first_missing(cap_t have, const cap_value_t *list, int n, const char **missing)
{
	cap_flag_value_t set;

	for (int i = 0; i < n; i++) {
		if (cap_get_flag(have, list[i], CAP_PERMITTED, &set) < 0)
			return -1;
		if (set != CAP_SET) {
			*missing = cap_label(list[i]);
			errno = EPERM;
			return -1;
		}
	}
	return 0;
}

int
caps_only(const cap_value_t *list, int n, const char **missing)
{
	cap_t have = cap_get_proc(), want = cap_init();
	int r = -1, e;

	*missing = NULL;
	if (!have || !want || first_missing(have, list, n, missing) < 0)
		goto out;
	if (n > 0 && (cap_set_flag(want, CAP_PERMITTED, n, list, CAP_SET) < 0 ||
	    cap_set_flag(want, CAP_EFFECTIVE, n, list, CAP_SET) < 0))
		goto out;
	if (cap_reset_ambient() < 0 && errno != EINVAL)
		goto out;
	r = cap_set_proc(want);
out:
	e = errno;
	cap_free(have);
	cap_free(want);
	errno = e;
	return r;
}
