/* SPDX-License-Identifier: MIT */
/* release.c - wait for a network that somebody else makes */
#include "release.h"

#include <errno.h>
#include <poll.h>

#include "rtlink.h"

enum { PAUSE_MS = 2 };

int
release_set(struct nl *nl)
{
	rtlink_mark(nl, RTLINK_LO, RTLINK_GROUP);
	return nl_run(nl, NULL, NULL);
}

static void
see(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	rtlink_read(answer, arg);
}

int
release_wait(int timeout_ms)
{
	static struct nl nl;
	struct rtlink lo = { .marked = false };
	int r, e;

	if (nl_open(&nl) < 0)
		return -1;
	for (int ms = 0; ms < timeout_ms; ms += PAUSE_MS) {
		rtlink_get_index(&nl, RTLINK_LO);
		if ((r = nl_run(&nl, see, &lo)) < 0 || lo.marked)
			goto out;
		(void)poll(NULL, 0, PAUSE_MS);	/* shorter by a signal */
	}
	errno = ETIMEDOUT;
	r = -1;
out:
	e = errno;
	nl_close(&nl);
	errno = e;
	return r;
}
