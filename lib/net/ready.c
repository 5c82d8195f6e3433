/* SPDX-License-Identifier: MIT */
/* ready.c - wait for a network that somebody else makes */
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
see(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

int
ready_wait(int timeout_ms)
{
	static struct nl nl;
	struct link lo = { .marked = false };
	int r, e;

	if (nl_open(&nl) < 0)
		return -1;
	for (int ms = 0; ms < timeout_ms; ms += PAUSE_MS) {
		link_get_index(&nl, LINK_LO);
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
