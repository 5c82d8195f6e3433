/* SPDX-License-Identifier: MIT */
/* gc.c - make a root while Nix's garbage collector may be running */
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
	ACK_S = 10,		/* the collector may be deleting a large path */
};

static int
set_timeouts(int s)
{
	const struct timeval wait = { .tv_sec = ACK_S };

	if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return -1;
	return setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

/* connect_collector - a socket; -1: none is running, or it takes no roots */
static int
connect_collector(const char *state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	auto_close int s = -1;
	int n = snprintf(sa.sun_path, sizeof(sa.sun_path),
	    "%s/gc-socket/socket", state);

	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return -1;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0 || set_timeouts(s) < 0 ||
	    connect(s, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -1;
	return fd_take(&s);
}

/* announce_root - a connection that took the root path, or -1 */
static int
announce_root(const char *state, const char *path)
{
	auto_close int s = connect_collector(state);
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
	fd = open(lock, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	for (;;) {
		if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
			*hold = fd_take(&fd);
			return 0;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		*hold = announce_root(state, path);
		if (*hold >= 0)
			return 0;
		/* It is starting or ending, or Nix is older than 2.5. */
		if (clock_ms() >= until_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
}
