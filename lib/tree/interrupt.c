/* SPDX-License-Identifier: MIT */
/* interrupt.c - ends of a process that takes back what it began */
#define _GNU_SOURCE
#include "tree/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"

enum { KILL_S = 2 };	/* so long after the child was asked to end */

static volatile sig_atomic_t came, input = -1, empty = -1;
static volatile pid_t command;

void
interrupt_end_command(void)
{
	if (command > 0)
		(void)kill(command, SIGTERM);
	/* Without a command, too: a call that had just not begun is interrupted. */
	(void)alarm(KILL_S);
}

static void
on_signal(int sig)
{
	int saved = errno;

	if (!came)
		came = sig;
	if (input >= 0)
		(void)dup2(empty, input);
	interrupt_end_command();
	errno = saved;
}

static void
on_alarm(int sig)
{
	int saved = errno;

	(void)sig;
	if (command > 0)
		(void)kill(command, SIGKILL);
	errno = saved;
}

int
interrupt_catch(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction late = { .sa_handler = on_alarm },
	    sa = { .sa_handler = on_signal };
	struct sigaction old;

	empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (empty < 0 || sigaction(SIGALRM, &late, NULL) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		if (sigaction(caught[i], NULL, &old) < 0 ||
		    (old.sa_handler != SIG_IGN && sigaction(caught[i], &sa, NULL) < 0))
			return -1;
	return 0;
}

void
interrupt_input(int fd)
{
	input = fd;
	if (came && fd >= 0)		/* just before */
		(void)dup2(empty, fd);
}

void
interrupt_command(pid_t pid)
{
	command = pid;
	if (came)
		interrupt_end_command();
	if (pid == 0)
		(void)alarm(0);
}

int
interrupt_write(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = -1;

		errno = EINTR;
		if (!came)
			n = write(fd, p, len);
		if (n < 0 && !came && fd_wait_ready(fd, POLLOUT))
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
interrupt_signal(void)
{
	return came;
}
