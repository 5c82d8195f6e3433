/* SPDX-License-Identifier: MIT */
/* netns.c - find and open network namespaces */
#define _GNU_SOURCE
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "base/num.h"

enum { PID_MAX = 4194304 };

int
netns_path(const char *spec, char *buf, size_t size)
{
	long pid;
	int n;

	if (!*spec || !strcmp(spec, ".") || !strcmp(spec, "..")) {
		errno = EINVAL;
		return -1;
	}
	if (!strncmp(spec, "pid:", 4)) {
		if ((pid = num_read(spec + 4, PID_MAX)) < 1) {
			errno = EINVAL;
			return -1;
		}
		n = snprintf(buf, size, "/proc/%ld/ns/net", pid);
	} else if (strchr(spec, '/')) {
		n = snprintf(buf, size, "%s", spec);
	} else {
		n = snprintf(buf, size, NETNS_DIR "/%s", spec);
	}
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
netns_open(const char *spec)
{
	char path[4096];
	auto_close int fd = -1;

	if (netns_path(spec, path, sizeof(path)) < 0)
		return -1;
	/* O_NONBLOCK: a FIFO in the place of a namespace must not hold us. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
		return -1;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		errno = EINVAL;
		return -1;
	}
	return fd_take(&fd);
}
