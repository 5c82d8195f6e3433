/* SPDX-License-Identifier: MIT */
/*
 * session-floor serve SOCKET
 * session-floor serve SOCKET COMMAND [ARG ...]
 * session-floor run SOCKET COMMAND [ARG ...]
 * session-floor attach SOCKET
 * session-floor pty COMMAND [ARG ...]
 *
 * The lower bound for ctr-console: the bare system calls, without checks, users
 * or an escape key.  The first form serves run, the second attach, with a
 * terminal for the COMMAND.  Each session has its own process, so that it can
 * outlive its server.  pty runs a COMMAND on a terminal, without a server.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

enum { WORDS = 64, BUF = 8192 };

static int
unix_socket(const char *path, struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(sa->sun_path))
		errx(2, "too long: %s", path);
	strcpy(sa->sun_path, path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
reach(const char *path)
{
	struct sockaddr_un sa;
	int s = unix_socket(path, &sa);

	if (connect(s, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		err(1, "%s", path);
	return s;
}

/* spawn - start it in a new session, on three descriptors or a terminal */
static pid_t
spawn(const int fd[3], int tty, char **argv)
{
	pid_t pid = vfork();

	if (pid != 0)
		return pid;
	setsid();
	if (tty)
		ioctl(fd[0], TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(fd[i], i);
	execv(argv[0], argv);
	_exit(127);
}

static int
status_of(pid_t pid)
{
	int w;

	if (pid < 0 || waitpid(pid, &w, 0) < 0)
		err(1, "child");
	return WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
}

static void
serve_run(int conn)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(3 * sizeof(int))]; } c;
	char buf[4096], *argv[WORDS] = { NULL };
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = sizeof(c) };
	ssize_t len = recvmsg(conn, &m, MSG_CMSG_CLOEXEC);
	int fd[3], status, n = 0;
	pid_t pid;

	memcpy(fd, CMSG_DATA(&c.h), sizeof(fd));
	for (char *p = buf; p < buf + len && n < WORDS - 1; p += strlen(p) + 1)
		argv[n++] = p;
	pid = spawn(fd, 0, argv);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	status = status_of(pid);
	(void)!write(conn, &status, sizeof(status));
}

/* move - copy the available data; returns 0 at the end */
static int
move(int from, int to)
{
	char buf[BUF];
	ssize_t n = read(from, buf, sizeof(buf));

	for (ssize_t off = 0, w; off < n; off += w)
		if ((w = write(to, buf + off, (size_t)(n - off))) <= 0)
			return 0;
	return n > 0;
}

/* end_input - end the input of a terminal's or a socket's reader */
static void
end_input(int fd)
{
	if (shutdown(fd, SHUT_WR) < 0)
		(void)!write(fd, "\4", 1);
}

/* relay - copy a to b, and b to c until b ends */
static void
relay(int a, int b, int c)
{
	struct pollfd p[] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };

	for (;;) {
		if (poll(p, 2, -1) < 0)
			err(1, "poll");
		if (p[0].revents && !move(a, b)) {
			p[0].fd = -1;
			end_input(b);
		}
		if (p[1].revents && !move(b, c))
			return;
	}
}

static void
on_terminal(int in, int out, char **argv)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0, slave;
	pid_t pid;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 || (slave =
	    ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		err(1, "terminal");
	pid = spawn((int[]){ slave, slave, slave }, 1, argv);
	close(slave);
	relay(in, master, out);
	close(master);
	status_of(pid);
}

static void
serve(const char *path, char **argv)
{
	struct sockaddr_un sa;
	int conn, s = unix_socket(path, &sa);

	unlink(path);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(s, 99) < 0)
		err(1, "%s", path);
	signal(SIGCHLD, SIG_IGN);
	while ((conn = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			if (*argv)
				on_terminal(conn, conn, argv);
			else
				serve_run(conn);
			_exit(0);
		}
		close(conn);
	}
}

static int
run(int s, char **argv)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(3 * sizeof(int))]; } c;
	struct iovec iov[WORDS];
	struct msghdr m = { .msg_iov = iov, .msg_control = &c,
	    .msg_controllen = sizeof(c) };
	int p[3][2], status = 1;

	for (int i = 0; i < 3; i++)
		if (pipe2(p[i], O_CLOEXEC) < 0)
			err(1, "pipe");
	for (; *argv && m.msg_iovlen < WORDS; argv++)
		iov[m.msg_iovlen++] = (struct iovec){ *argv, strlen(*argv) + 1 };
	c.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(3 * sizeof(int)),
	    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.h), (int[]){ p[0][0], p[1][1], p[2][1] },
	    3 * sizeof(int));
	if (sendmsg(s, &m, MSG_NOSIGNAL) < 0)
		err(1, "send");
	close(p[0][0]);
	close(p[1][1]);
	close(p[2][1]);
	/* First the end of its output, then its exit status. */
	while (move(p[1][0], STDOUT_FILENO))
		;
	if (read(s, &status, sizeof(status)) != sizeof(status))
		err(1, "status");
	return status;
}

int
main(int argc, char *argv[])
{
	int s;

	if (argc < 3)
		errx(2, "usage: session-floor serve|run|attach|pty [SOCKET] [COMMAND ...]");
	switch (argv[1][0]) {
	case 's':
		serve(argv[2], argv + 3);
		return 1;
	case 'r':
		return run(reach(argv[2]), argv + 3);
	case 'a':
		s = reach(argv[2]);
		relay(STDIN_FILENO, s, STDOUT_FILENO);
		return 0;
	default:
		on_terminal(STDIN_FILENO, STDOUT_FILENO, argv + 2);
		return 0;
	}
}
