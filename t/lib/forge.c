/* SPDX-License-Identifier: MIT */
/*
 * forge PID - answer rtnetlink requests of a process in the kernel's place
 *
 * Root of a network namespace may send to every netlink socket in it, and the
 * address of a process's first socket is its pid.  Until killed, this sends it
 * errors in reply to each of its first messages.
 */
#include <err.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct { struct nlmsghdr h; struct nlmsgerr e; } m = {
		.h = { .nlmsg_len = sizeof(m), .nlmsg_type = NLMSG_ERROR },
		.e = { .error = -EOWNERDEAD },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || argc != 2)
		err(1, "socket");
	to.nl_pid = (unsigned)atol(argv[1]);
	for (;; usleep(5000))
		for (m.h.nlmsg_seq = 1; m.h.nlmsg_seq < 16; m.h.nlmsg_seq++)
			/* Refused if it has no such socket yet. */
			(void)sendto(fd, &m, sizeof(m), 0,
			    (struct sockaddr *)&to, sizeof(to));
}
