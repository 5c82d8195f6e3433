/* SPDX-License-Identifier: MIT */
/* ready.c - wait for a network that another process sets up */
#include "net/ready.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "net/link.h"
#include "net/query.h"

enum { PAUSE_MS = 250 };

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

/*
 * wait_for_change - until a link here changes, or ms have passed
 *
 * Many containers may wait at once, so nobody looks again and again.
 */
static void
wait_for_change(int listener, int64_t ms)
{
	struct pollfd change = { .fd = listener, .events = POLLIN };
	char rx[1];

	(void)poll(&change, 1, (int)ms);	/* a signal ends it, too */
	while (recv(listener, rx, sizeof(rx), 0) >= 0 || errno == ENOBUFS)
		;
}

/* wait_for_mark - a link that is down changes without a word, so look sometimes */
static int
wait_for_mark(struct nl *nl, int listener, int timeout_ms)
{
	int64_t end = clock_ms() + timeout_ms, now;
	struct link lo;

	for (;;) {
		link_get_index(nl, LINK_LO);
		if (nl_run(nl, on_link, &lo) < 0)
			return -1;
		if (lo.marked)
			return 0;
		now = clock_ms();
		if (now >= end)
			break;
		wait_for_change(listener, end - now < PAUSE_MS ? end - now :
		    PAUSE_MS);
	}
	errno = ETIMEDOUT;
	return -1;
}

int
ready_wait(int timeout_ms)
{
	static const int group = RTNLGRP_LINK;
	auto_close int listener = query_listen(NETLINK_ROUTE, &group, 1);
	static struct nl nl;
	int r, e;

	if (listener < 0 || nl_open(&nl) < 0)
		return -1;
	r = wait_for_mark(&nl, listener, timeout_ms);
	e = errno;
	nl_close(&nl);
	errno = e;
	return r;
}
