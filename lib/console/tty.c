/* SPDX-License-Identifier: MIT */
/* tty.c - terminals: raw and back, sizes, pseudo terminals */
#define _GNU_SOURCE
#include "console/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)	/* musl lacks it on some machines */
#endif

int
tty_raw(int fd, struct termios *saved)
{
	struct termios t;

	if (tcgetattr(fd, saved) < 0)
		return -1;
	t = *saved;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSADRAIN, &t);
}

void
tty_restore(int fd, const struct termios *saved)
{
	/* From the background SIGTTOU would stop us half-way. */
	void (*old)(int) = signal(SIGTTOU, SIG_IGN);

	/* TCSANOW: do not wait for output if the terminal is stuck. */
	(void)tcsetattr(fd, TCSANOW, saved);	/* nothing more can be done */
	signal(SIGTTOU, old);
}

int
tty_guard(int fd, const struct termios *saved)
{
	int p[2];
	pid_t pid;
	char c;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		ssize_t n;

		close(p[1]);
		/* It must survive signals to the job and to the terminal. */
		setsid();
		while ((n = read(p[0], &c, 1)) < 0 && errno == EINTR)
			;
		if (n == 0)
			tty_restore(fd, saved);
		_exit(0);
	}
	close(p[0]);
	if (pid < 0)
		close(fd_take(&p[1]));
	return p[1];
}

void
tty_unguard(int guard)
{
	if (guard < 0)
		return;
	(void)!write(guard, "", 1);	/* it may have been killed */
	close(guard);
}

void
tty_size(int fd, struct winsize *ws)
{
	memset(ws, 0, sizeof(*ws));
	if (ioctl(fd, TIOCGWINSZ, ws) < 0)
		memset(ws, 0, sizeof(*ws));
}

int
tty_pty(int *master, int *slave, const struct winsize *ws, uid_t owner)
{
	const struct winsize usual = { .ws_row = 24, .ws_col = 80 };
	auto_close int m = -1, s = -1;
	int unlock = 0;

	if (!ws->ws_row && !ws->ws_col)
		ws = &usual;
	m = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (m < 0 || ioctl(m, TIOCSPTLCK, &unlock) < 0)
		return -1;
	s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s < 0 || ioctl(s, TIOCSWINSZ, ws) < 0)
		return -1;
	if (owner != 0 && fchown(s, owner, (gid_t)-1) < 0)
		return -1;
	if (fchmod(s, S_IRUSR | S_IWUSR | S_IWGRP) < 0)
		return -1;
	*master = fd_take(&m);
	*slave = fd_take(&s);
	return 0;
}

int
tty_eof(int pty)
{
	struct termios t;

	if (tcgetattr(pty, &t) < 0 || !(t.c_lflag & ICANON) ||
	    t.c_cc[VEOF] == _POSIX_VDISABLE)
		return -1;
	return t.c_cc[VEOF];
}

bool
tty_unread(int master)
{
	auto_close int slave = ioctl(master, TIOCGPTPEER,
	    O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct pollfd p = { .fd = slave, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}
