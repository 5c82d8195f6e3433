/* SPDX-License-Identifier: MIT */
/* gc.c - Nix's collector and a root that is made while it may run */
#define _GNU_SOURCE
#include "nix/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum {
	POLL_MS = 5,
	ACK_S = 10,		/* it may be at work on a large path */
};

/* reach - a connection to the collection that runs; -1: there is none */
static int
reach(const char *state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = ACK_S };
	auto_close int s = -1;
	int n = snprintf(sa.sun_path, sizeof(sa.sun_path),
	    "%s/gc-socket/socket", state);

	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return -1;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait,
	    sizeof(wait)) < 0 || setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &wait,
	    sizeof(wait)) < 0 ||
	    connect(s, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -1;
	return fd_take(&s);
}

/* tell - the collection that runs of path; -1: it did not say that it heard */
static int
tell(const char *state, const char *path)
{
	auto_close int s = reach(state);
	char line[PATH_MAX + 1], ack;
	int n = snprintf(line, sizeof(line), "%s\n", path);

	if (s < 0 || n < 0 || (size_t)n >= sizeof(line) ||
	    send(s, line, (size_t)n, MSG_NOSIGNAL) != n ||
	    recv(s, &ack, 1, 0) != 1 || ack != '1')
		return -1;
	return fd_take(&s);
}

int
gc_hold(const char *state, const char *path, int wait_ms, int *hold)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	int64_t until_ms = clock_ms() + wait_ms;
	auto_close int fd = -1;
	char lock[PATH_MAX];

	*hold = -1;
	snprintf(lock, sizeof(lock), "%s/gc.lock", state);
	if ((fd = open(lock, O_RDONLY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 0 : -1;
	for (;;) {
		if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
			*hold = fd_take(&fd);
			return 0;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if ((*hold = tell(state, path)) >= 0)
			return 0;
		/* It has just begun, or ended, or is one that cannot be told. */
		if (clock_ms() >= until_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
}
