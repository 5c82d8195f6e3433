/* SPDX-License-Identifier: MIT */
/* query.c - one request over netlink, and its answer */
#define _GNU_SOURCE
#include "net/query.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* The kernel fills at most 32 KiB of a receiver's buffer. */
enum { RX = 1 << 15 };

int
query_open(int protocol)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int e;

	/* Others in the namespace could send to an unconnected socket. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&kernel,
	    sizeof(kernel)) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

int
query_listen(int protocol, const int *group, int n)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	auto_close int fd = socket(AF_NETLINK,
	    SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		    &group[i], sizeof(group[i])) < 0)
			return -1;
	return fd_take(&fd);
}

int
query_run(int fd, struct nlmsghdr *request, mnl_cb_t each, void *arg)
{
	static unsigned last;
	_Alignas(8) char rx[RX];
	unsigned seq = ++last;	/* each may run another request */
	ssize_t n;
	int r;

	/* What an earlier request left behind has another number. */
	request->nlmsg_seq = seq;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -1;
	do {
		do
			n = recv(fd, rx, sizeof(rx), 0);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -1;
		r = mnl_cb_run(rx, (size_t)n, seq, 0, each, arg);
	} while (r == MNL_CB_OK);
	return r;
}
