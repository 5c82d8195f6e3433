/* SPDX-License-Identifier: MIT */
/* ready.c - wait for a network that another process sets up */
#include "net/ready.h"

#include <errno.h>
#include <poll.h>

#include "net/link.h"

enum { PAUSE_MS = 2 };

int
ready_set(struct nl *nl)
{
	link_mark(nl, LINK_LO, LINK_GROUP);
	return nl_run(nl, NULL, NULL);
}

static void
on_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

static int
wait_for_mark(struct nl *nl, int timeout_ms)
{
	struct link lo;

	for (int ms = 0; ms < timeout_ms; ms += PAUSE_MS) {
		link_get_index(nl, LINK_LO);
		if (nl_run(nl, on_link, &lo) < 0)
			return -1;
		if (lo.marked)
			return 0;
		(void)poll(NULL, 0, PAUSE_MS);	/* a signal ends it */
	}
	errno = ETIMEDOUT;
	return -1;
}

int
ready_wait(int timeout_ms)
{
	static struct nl nl;
	int r, e;

	if (nl_open(&nl) < 0)
		return -1;
	r = wait_for_mark(&nl, timeout_ms);
	e = errno;
	nl_close(&nl);
	errno = e;
	return r;
}
