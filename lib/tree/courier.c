/* SPDX-License-Identifier: MIT */
/* courier.c - a command at the other end of a pipe */
#define _GNU_SOURCE
#include "tree/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fd.h"
#include "base/label.h"
#include "base/privilege.h"
#include "tree/interrupt.h"

enum { TIMES_MAX = 256 };	/* so often it may say something */

static _Noreturn void
become(char *const argv[], int standard, int fd, int error, pid_t parent)
{
	signal(SIGPIPE, SIG_DFL);	/* exec keeps what is ignored */
	if (dup2(fd, standard) < 0 || dup2(error, STDERR_FILENO) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(EXIT_TOOL);
	execvp(argv[0], argv);
	(void)dprintf(STDERR_FILENO, "ctr-tree: exec %s: %s\n", argv[0],
	    strerror(errno));
	_exit(exits_exec(errno));
}

/* hush - read what is said, and print none of it; returns as label_copy */
static int
hush(int from)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	return n > 0 ? 1 : (int)n;
}

/*
 * tell - print what comes from the pipe, until that or the command has ended
 *
 * What the command left running may have the pipe, too, and is not waited for.
 */
static _Noreturn void
tell(int from, int ended)
{
	static struct label l = { .text = "", .to = STDERR_FILENO };
	const char *missing;
	int times = 0, got = 1;

	/* The command ends first, by a signal that we get, too. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (privilege_only(NULL, 0, &missing) < 0 ||
	    fcntl(from, F_SETFL, O_NONBLOCK) < 0)
		_exit(1);
	l.from = from;
	while (got != 0) {
		struct pollfd p[2] = { { .fd = from, .events = POLLIN },
		    { .fd = ended } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		got = times++ < TIMES_MAX ? label_copy(&l) : hush(from);
		if (got < 0 && (errno != EAGAIN || p[1].revents))
			break;
	}
	(void)label_end(&l);
	_exit(times > 1);
}

/* start_all - the command, and the process that prints its words */
static int
start_all(struct courier *c, char *const argv[], int standard, int fd,
    const int said[2], int ended)
{
	pid_t parent = getpid();

	c->pid = fork();
	if (c->pid == 0)
		become(argv, standard, fd, said[1], parent);
	if (c->pid < 0)
		return -1;
	interrupt_command(c->pid);
	close(said[1]);
	c->teller = fork();
	if (c->teller == 0) {
		if (c->fd >= 0)
			close(c->fd);
		close(fd);
		close(c->words);
		tell(said[0], ended);
	}
	return c->teller < 0 ? -1 : 0;
}

/* begin - the command with this descriptor as standard input or output */
static int
begin(struct courier *c, char *const argv[], int standard, int fd, struct errmsg *why)
{
	int said[2], over[2], done;

	if (pipe2(said, O_CLOEXEC) < 0 || pipe2(over, O_CLOEXEC) < 0)
		return errmsg_errno(why, "prepare for %s", argv[0]);
	c->words = over[1];
	done = start_all(c, argv, standard, fd, said, over[0]);
	close(said[0]);
	close(over[0]);
	return done < 0 ? errmsg_errno(why, "start %s", argv[0]) : 0;
}

static int
prepare(const char *command, struct errmsg *why)
{
	if (interrupt_catch() < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return errmsg_errno(why, "prepare for %s", command);
	return 0;
}

int
courier_pass(struct courier *c, char *const argv[], int standard, int fd,
    struct errmsg *why)
{
	c->fd = -1;
	if (prepare(argv[0], why) < 0)
		return -1;
	return begin(c, argv, standard, fd, why);
}

int
courier_start(struct courier *c, char *const argv[], bool feeds, struct errmsg *why)
{
	int bytes[2], done;

	if (prepare(argv[0], why) < 0)
		return -1;
	if (pipe2(bytes, O_CLOEXEC) < 0)
		return errmsg_errno(why, "prepare for %s", argv[0]);
	c->fd = bytes[feeds];
	if (!feeds)
		interrupt_input(c->fd);
	done = begin(c, argv, feeds ? STDIN_FILENO : STDOUT_FILENO, bytes[!feeds], why);
	close(bytes[!feeds]);
	return done;
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
courier_end(struct courier *c)
{
	int status;

	interrupt_input(-1);
	if (c->fd >= 0)
		close(c->fd);
	status = wait_for(c->pid);
	interrupt_command(0);
	close(c->words);
	c->said = wait_for(c->teller) == 1;
	return status;
}
