/* SPDX-License-Identifier: MIT */
/* peer.c - identify the other end of a connection */
#define _GNU_SOURCE
#include "console/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"

/* SO_PEERPIDFD of Linux 6.5; musl-gcc may have older headers. */
enum { PEERPIDFD = 77 };

static bool
is_overflow(uid_t uid)
{
	auto_close int fd = open("/proc/sys/kernel/overflowuid",
	    O_RDONLY | O_CLOEXEC);
	char text[16] = "65534";	/* the kernel's default */
	ssize_t n = 0;

	if (fd >= 0)
		n = fd_read_max(fd, text, sizeof(text) - 1);
	if (n > 0)
		text[n] = '\0';
	return uid == strtoul(text, NULL, 10);
}

/* only_roots - is this a socket that only root may connect to? */
static bool
only_roots(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_uid == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

bool
peer_is_root(int conn, const char *path)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	if (cred.uid == 0)
		return true;
	return cred.pid == 0 && is_overflow(cred.uid) && only_roots(path);
}

/* pidns - find the PID namespace of a process */
static bool
pidns(pid_t pid, struct stat *st)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, st) == 0;
}

/*
 * peer_lives - has the process that SO_PEERCRED names not ended?
 *
 * Its number could be another's by now.  Before Linux 6.5 that is not known.
 */
static bool
peer_lives(int conn)
{
	auto_close int fd = -1;
	socklen_t len = sizeof(fd);
	struct pollfd p = { .events = POLLIN };

	if (getsockopt(conn, SOL_SOCKET, PEERPIDFD, &fd, &len) < 0)
		return errno == ENOPROTOOPT;
	p.fd = fd;
	return poll(&p, 1, 0) == 0;
}

bool
peer_is_beside(int conn, pid_t pid)
{
	struct stat a, b;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	return cred.pid > 0 && pidns(cred.pid, &a) && pidns(pid, &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino && peer_lives(conn);
}
