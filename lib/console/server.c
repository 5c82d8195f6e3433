/* SPDX-License-Identifier: MIT */
/* server.c - listen at two sockets, and fork for each connection */
#define _GNU_SOURCE
#include "console/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "console/proto.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/path.h"
#include "tree/stale.h"
#include "console/peer.h"

enum {
	FIRST_FD = 3,		/* SD_LISTEN_FDS_START */
	SOCKS_MAX = 4,
	BACKLOG = 4096,		/* the kernel cuts it to its somaxconn */
	SHORT_MS = 100,		/* pause if processes or memory run out */
};

static volatile sig_atomic_t stop;
static sigset_t before;		/* the signal mask outside ppoll */

static bool
is_listening(int fd)
{
	const int want[][2] = { { SO_DOMAIN, AF_UNIX },
	    { SO_TYPE, SOCK_STREAM }, { SO_ACCEPTCONN, 1 } };

	for (int i = 0; i < 3; i++) {
		int v;
		socklen_t len = sizeof(v);

		if (getsockopt(fd, SOL_SOCKET, want[i][0], &v, &len) < 0 ||
		    v != want[i][1])
			return false;
	}
	return true;
}

/* bound_at - the path that a socket is bound to; path if unknown */
static const char *
bound_at(int fd, const char *path)
{
	static struct sockaddr_un sa[SOCKS_MAX];
	static int n;
	socklen_t len = sizeof(*sa);

	if (n == SOCKS_MAX || getsockname(fd, (struct sockaddr *)&sa[n],
	    &len) < 0 || sa[n].sun_path[0] != '/')
		return path;
	return sa[n++].sun_path;
}

/* take_named - assign the descriptor to the socket of this name */
static int
take_named(struct server_socket *socks, int n, const char *name, int fd)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(socks[i].name, name) && socks[i].fd < 0 &&
		    is_listening(fd)) {
			socks[i].fd = fd;
			socks[i].path = bound_at(fd, socks[i].path);
			return fcntl(fd, F_SETFD, FD_CLOEXEC);
		}
	errno = EBADF;
	return -1;
}

int
server_inherit(struct server_socket *socks, int n)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	char *names = getenv("LISTEN_FDNAMES");
	int count, taken = 0;

	if (!pid || !fds || atol(pid) != (long)getpid())
		return 0;
	count = atoi(fds);
	for (int i = 0; i < count; i++) {
		const char *name = strsep(&names, ":");

		if (!name)
			name = "";
		if (take_named(socks, n, name, FIRST_FD + i) < 0)
			return -1;
		taken++;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return taken;
}

/* open_parent - open the directory of path; *name: its last part */
static int
open_parent(const char *path, const char **name)
{
	char above[PATH_MAX] = ".";
	size_t n;

	*name = path_last(path);
	n = (size_t)(*name - path);	/* with the slash */
	if (n >= sizeof(above)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (n > 0) {
		memcpy(above, path, n);
		above[n] = '\0';
	}
	return open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* remove_socket - one left by a killed server */
static int
remove_socket(int dir, const char *entry)
{
	struct stat st;

	if (fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISSOCK(st.st_mode))
		return -1;
	return unlinkat(dir, entry, 0);
}

/* bind_socket - bind to a temporary name, then rename to the socket's */
static int
bind_socket(struct server_socket *s, const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char prefix[sizeof(sa.sun_path)];
	const char *tmp;
	struct stat st;
	mode_t old;
	int n, r;

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	/* By /proc, the length of the directory's path does not matter. */
	snprintf(prefix, sizeof(prefix), ".%s.", name);
	n = snprintf(sa.sun_path, sizeof(sa.sun_path),
	    "/proc/self/fd/%d/%s%d", s->dir, prefix, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	stale_sweep(s->dir, prefix, remove_socket);
	(void)unlink(sa.sun_path);	/* left by a process with our pid */
	old = umask(0777);
	r = bind(s->fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (r < 0)
		return -1;
	tmp = strrchr(sa.sun_path, '/') + 1;
	if (listen(s->fd, BACKLOG) < 0 ||
	    fchmodat(s->dir, tmp, s->mode, 0) < 0 ||
	    fstatat(s->dir, tmp, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    renameat(s->dir, tmp, s->dir, name) < 0) {
		int e = errno;

		(void)unlinkat(s->dir, tmp, 0);	/* e says what failed */
		errno = e;
		return -1;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

int
server_listen(struct server_socket *s)
{
	auto_close int dir = -1, fd = -1;
	const char *name;

	dir = open_parent(s->path, &name);
	if (dir < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	s->dir = dir;
	s->fd = fd;
	if (bind_socket(s, name) < 0) {
		s->dir = s->fd = -1;
		return -1;
	}
	(void)fd_take(&dir);	/* they are in *s now */
	(void)fd_take(&fd);
	return 0;
}

void
server_unlink(struct server_socket *s)
{
	const char *name = path_last(s->path);
	struct stat st;

	if (s->dir < 0)
		return;
	/* A newer server may have replaced it. */
	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == s->dev && st.st_ino == s->ino)
		(void)unlinkat(s->dir, name, 0);	/* or it goes stale */
	close(fd_take(&s->dir));
}

int
server_ready(int fd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *to = getenv("NOTIFY_SOCKET");
	static const char ready[] = "READY=1";
	auto_close int s = -1, own = fd;
	size_t len;

	if (own >= 0 && fd_write_all(own, "\n", 1) < 0)
		return -1;
	if (!to || !*to)
		return 0;
	len = strlen(to);
	if (len >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa.sun_path, to, len);
	if (*to == '@')
		sa.sun_path[0] = '\0';
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -1;
	len += offsetof(struct sockaddr_un, sun_path);
	if (sendto(s, ready, sizeof(ready) - 1, MSG_NOSIGNAL,
	    (struct sockaddr *)&sa, (socklen_t)len) < 0)
		return -1;
	return unsetenv("NOTIFY_SOCKET");
}

static void
on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

int
server_signals(void)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction sa = { .sa_handler = on_stop }, old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++) {
		/* A signal that nohup(1) or a shell ignores stays ignored. */
		if (sigaction(stops[i], NULL, &old) < 0)
			return -1;
		if (stops[i] != SIGTERM && old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(stops[i], &sa, NULL) < 0)
			return -1;
		sigaddset(&set, stops[i]);
	}
	/* The kernel reaps them: the exit status of a session is not used. */
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		return -1;
	return sigprocmask(SIG_BLOCK, &set, &before);
}

static void
refuse(int conn, enum proto_peer kind, const char *why)
{
	if (kind == PROTO_PLAIN)
		(void)send(conn, why, strlen(why), MSG_NOSIGNAL | MSG_DONTWAIT);
	else
		(void)proto_send_error(conn, EXIT_TOOL, why, 0);
	if (kind == PROTO_PLAIN)
		(void)send(conn, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* accept_peer - check who it is; false: it was refused, with a message */
static bool
accept_peer(int conn, const struct server_socket *at, bool *ours)
{
	enum proto_peer kind = proto_peer(conn);

	*ours = kind == PROTO_OURS;
	/* The socket's mode ensures this too, but modes can be changed. */
	if (at->root && !peer_is_root(conn, at->path)) {
		refuse(conn, kind,
		    "only the host's root may use the root shell");
		return false;
	}
	if (kind == PROTO_ALIEN) {
		refuse(conn, kind, "this server only supports version 1 of the protocol");
		return false;
	}
	return true;
}

static void
serve_one(int conn, const struct server_socket *at,
    const struct server_socket *socks, int n, const struct session_conf *conf)
{
	bool ours;
	pid_t pid;

	if (!accept_peer(conn, at, &ours))
		return;
	pid = fork();
	if (pid < 0)
		(void)poll(NULL, 0, SHORT_MS);	/* the peer sees a hangup */
	if (pid != 0)
		return;
	for (int i = 0; i < n; i++) {
		if (socks[i].fd >= 0)
			close(socks[i].fd);
		if (socks[i].dir >= 0)
			close(socks[i].dir);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGTERM, SIG_DFL);
	session(conn, at->root, ours, conf);
}

/*
 * stopped - has a signal to stop arrived?
 *
 * ppoll(2) delivers no signal if a connection is ready, so clients that
 * connect all the time would keep the server running.
 */
static bool
stopped(void)
{
	const struct timespec at_once = { 0 };

	(void)ppoll(NULL, 0, &at_once, &before);
	return stop;
}

int
server_loop(const struct server_socket *socks, int n,
    const struct session_conf *conf)
{
	struct pollfd p[SOCKS_MAX];

	while (!stopped()) {
		for (int i = 0; i < n; i++)
			p[i] = (struct pollfd){ socks[i].fd, POLLIN, 0 };
		if (ppoll(p, (nfds_t)n, NULL, &before) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		for (int i = 0; i < n; i++) {
			auto_close int conn = -1;

			if (!p[i].revents)
				continue;
			conn = accept4(socks[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (conn >= 0)
				serve_one(conn, &socks[i], socks, n, conf);
			else if (errno == EBADF || errno == EINVAL)
				return -1;
			else if (errno != EINTR && errno != ECONNABORTED)
				(void)poll(NULL, 0, SHORT_MS);
		}
	}
	return 0;
}
