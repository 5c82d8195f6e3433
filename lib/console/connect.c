/* SPDX-License-Identifier: MIT */
/* connect.c - begin a session: find the socket, connect, send a request */
#define _GNU_SOURCE
#include "console/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "console/peer.h"
#include "tree/inroot.h"

/* find_path - open a socket by its path, which may lead through a container */
static int
find_path(const char *path)
{
	char whole[PATH_MAX], cwd[PATH_MAX] = "";
	auto_close int top = -1;
	int n;

	if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
		return -1;
	n = snprintf(whole, sizeof(whole), "%s/%s", cwd, path);
	if (n < 0 || (size_t)n >= sizeof(whole)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	top = inroot_top("/");
	if (top < 0)
		return -1;
	return inroot_open(top, whole, O_PATH | O_NOFOLLOW, INROOT_NO_LINKS);
}

/* find - open the socket of a container */
static int
find(const char *root, const char *path)
{
	auto_close int top = -1, sock = -1;
	struct stat st;

	top = inroot_top(root);
	if (top >= 0)
		sock = inroot_open(top, path, O_PATH | O_NOFOLLOW,
		    INROOT_NO_LINKS);
	else if (errno == ENOTDIR)
		sock = find_path(root);
	if (sock < 0 || fstat(sock, &st) < 0)
		return -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTSOCK;
		return -1;
	}
	return fd_take(&sock);
}

static int
find_and_connect(int ctl, const char *root, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	auto_close int sock = find(root, path);

	if (sock < 0)
		return -1;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d", sock);
	if (connect(ctl, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return 0;
	if (errno == EAGAIN)
		errno = ETIMEDOUT;
	return -1;
}

/* run_attempt - in a child: connect, and write the errno, or 0, to the pipe */
static _Noreturn void
run_attempt(int ctl, const char *root, const char *path, int out)
{
	int error = 0;

	fd_close_but(ctl, out);
	if (find_and_connect(ctl, root, path) < 0)
		error = errno;
	_exit(fd_write_all(out, &error, sizeof(error)) < 0);
}

/* wait_attempt - returns 0, or -1 with the errno of the attempt */
static int
wait_attempt(pid_t pid, int in)
{
	struct pollfd p = { .fd = in, .events = POLLIN };
	int error = ETIMEDOUT, r;

	do
		r = poll(&p, 1, CONNECT_MS);
	while (r < 0 && errno == EINTR);
	if (r > 0 && fd_read_max(in, &error, sizeof(error)) != sizeof(error))
		error = ECHILD;
	/* A child that hangs may not even end when it is killed. */
	if (r <= 0)
		(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, r > 0 ? 0 : WNOHANG);
	errno = error;
	return error ? -1 : 0;
}

/* attempt - connect the socket, in a child */
static int
attempt(int ctl, const char *root, const char *path)
{
	auto_close int in = -1, out = -1;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	in = p[0];
	out = p[1];
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		run_attempt(ctl, root, path, out);
	close(fd_take(&out));
	return wait_attempt(pid, in);
}

int
connect_server(struct client *c, const char *root, const char *path,
    pid_t leader)
{
	const struct timeval wait = { .tv_sec = CONNECT_MS / 1000 };

	*c = (struct client){ .ctl = -1, .in = -1, .out = -1, .err = -1,
	    .guard = -1 };
	c->ctl = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->ctl < 0 || proto_bind(c->ctl) < 0)
		return -1;
	/* In case the listener's queue is full, or it reads nothing. */
	if (setsockopt(c->ctl, SOL_SOCKET, SO_SNDTIMEO, &wait,
	    sizeof(wait)) < 0 || attempt(c->ctl, root, path) < 0)
		return -1;
	if (leader == 0 || peer_is_beside(c->ctl, leader))
		return 0;
	errno = EXDEV;
	return -1;
}

/* make_ends - ours in *c, the server's in theirs; returns how many */
static int
make_ends(struct client *c, bool tty, int theirs[PROTO_FDS])
{
	int p[PROTO_FDS][2];

	if (tty) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p[0]) < 0)
			return -1;
		c->in = c->out = p[0][0];
		theirs[0] = p[0][1];
		return 1;
	}
	for (int i = 0; i < PROTO_FDS; i++)
		if (pipe2(p[i], O_CLOEXEC) < 0)
			return -1;	/* the tool exits then */
	theirs[0] = p[0][0];
	c->in = p[0][1];
	c->out = p[1][0];
	theirs[1] = p[1][1];
	c->err = p[2][0];
	theirs[2] = p[2][1];
	/* A fresh pipe has no other flags to keep. */
	if (fcntl(c->in, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(c->out, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(c->err, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	return PROTO_FDS;
}

int
connect_request(struct client *c, const struct proto_request *req)
{
	int theirs[PROTO_FDS], n, r;

	n = make_ends(c, req->tty, theirs);
	if (n < 0)
		return -1;
	c->tty = req->tty;
	c->size = req->size;
	c->ack_ms = clock_ms() + CONNECT_MS;
	r = proto_send_request(c->ctl, req, theirs, n);
	for (int i = 0; i < n; i++)
		close(theirs[i]);
	/* A server that hung up may have sent the reason: read that first. */
	if (r < 0 && errno != EPIPE && errno != ECONNRESET)
		return -1;
	return 0;
}
