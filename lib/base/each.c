/* SPDX-License-Identifier: MIT */
/* each.c - a command for each of several lines, several at once */
#define _GNU_SOURCE
#include "base/each.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fd.h"
#include "base/label.h"

/* A command that runs; pid is 0 in a free slot. */
struct each_slot {
	pid_t pid;
	struct each_line *line;
	struct label out[2];	/* standard output and error */
};

/* add_line - takes text over */
static int
add_line(struct each *e, char *text)
{
	struct each_line *more = realloc(e->line,
	    (e->lines + 1) * sizeof(*more));

	if (!more) {
		free(text);
		return -1;
	}
	more[e->lines++] = (struct each_line){ text, false };
	e->line = more;
	return 0;
}

int
each_read(struct each *e, FILE *in)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&text, &size, in)) > 0) {
		if (text[n - 1] == '\n')
			text[--n] = '\0';
		if (n == 0)
			continue;
		if (add_line(e, text) < 0)
			return -1;
		text = NULL;
		size = 0;
	}
	free(text);
	return ferror(in) ? -1 : 0;
}

/* label_of - the label with the line for each {}, in memory of its own, or NULL */
static char *
label_of(const char *text, const char *line)
{
	const char *hole;
	char *made = NULL;
	size_t size;
	FILE *to = open_memstream(&made, &size);

	if (!to)
		return NULL;
	while ((hole = strstr(text, "{}"))) {
		fwrite(text, 1, (size_t)(hole - text), to);
		fputs(line, to);
		text = hole + 2;
	}
	fputs(text, to);
	return fclose(to) == 0 ? made : NULL;
}

/* failed_child - tell who reads its standard error */
static _Noreturn void
failed_child(const char *what, const char *command, int status)
{
	dprintf(2, "%s %s: %s\n", what, command, strerror(errno));
	_exit(status);
}

/* child - become the command; it does not outlive its parent by itself */
static _Noreturn void
child(const struct each *e, const int to[2], pid_t parent)
{
	char **argv = e->command;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(to[0], 1) < 0 ||
	    dup2(to[1], 2) < 0 || setsid() < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
	    sigprocmask(SIG_SETMASK, &e->before, NULL) < 0)
		failed_child("prepare", argv[0], EXIT_TOOL);
	if (getppid() != parent)
		_exit(EXIT_TOOL);
	execvp(argv[0], argv);
	failed_child("exec", argv[0], exits_exec(errno));
}

/* start - the command of the next line, in a free slot; returns 0, or -1 with errno */
static int
start(struct each *e, struct each_slot *s)
{
	auto_close int out = -1, error = -1;
	struct each_line *line = &e->line[e->next];
	char *text = label_of(e->label, line->text);
	pid_t parent = getpid();
	int outs[2], errors[2];

	if (!text || pipe2(outs, O_CLOEXEC) < 0)
		return -1;
	out = outs[1];
	s->out[0] = (struct label){ .text = text, .from = outs[0], .to = 1 };
	if (pipe2(errors, O_CLOEXEC) < 0)
		return -1;
	error = errors[1];
	s->out[1] = (struct label){ .text = text, .from = errors[0], .to = 2 };
	e->command[e->words] = line->text;
	if (fcntl(outs[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(errors[0], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	s->pid = fork();
	if (s->pid == 0)
		child(e, (int[2]){ out, error }, parent);
	if (s->pid < 0) {
		s->pid = 0;
		return -1;
	}
	s->line = line;
	e->next++;
	e->running++;
	return 0;
}

/* drain - print what the pipe still has */
static void
drain(struct label *l)
{
	if (l->from < 0)
		return;
	while (label_copy(l) > 0)
		;
	(void)label_end(l);	/* nobody may be there to read it */
	close(l->from);
	l->from = -1;
}

/* copy - what can be read now */
static void
copy(struct label *l)
{
	int r = label_copy(l);

	if (r == 0 || (r < 0 && errno != EAGAIN))
		drain(l);
}

/* ended - the command of the slot has; what it left running is not waited for */
static void
ended(struct each *e, struct each_slot *s, int status)
{
	char text[64];

	for (int i = 0; i < 2; i++)
		drain(&s->out[i]);
	if (WIFSIGNALED(status) && !e->stopped) {
		snprintf(text, sizeof(text), "ended by signal %d",
		    WTERMSIG(status));
		(void)label_line(&s->out[1], text, strlen(text));
	}
	s->line->done = status == 0;
	if (WIFEXITED(status) && e->also && WEXITSTATUS(status) == e->also)
		s->line->done = e->also_seen = true;
	e->failures += !s->line->done;
	free((char *)s->out[0].text);
	s->pid = 0;
	e->running--;
}

static void
reap(struct each *e)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < e->jobs; i++)
			if (e->slot[i].pid == pid)
				ended(e, &e->slot[i], status);
}

/* stop - begin no more; those that run are asked to end, once */
static void
stop(struct each *e)
{
	if (e->stopped)
		return;
	e->stopped = true;
	for (int i = 0; i < e->jobs; i++) {
		pid_t pid = e->slot[i].pid;

		if (pid > 0 && kill(-pid, SIGTERM) < 0)
			(void)kill(pid, SIGTERM);	/* no session yet */
	}
}

/* take_signal - read one from the descriptor */
static void
take_signal(int fd, struct each *e)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGCHLD)
		reap(e);
	else
		stop(e);
}

/* wait_all - until something can be read, or a command has ended */
static int
wait_all(struct each *e, int signals)
{
	static struct pollfd fds[1 + 2 * EACH_JOBS];
	int n = 1 + 2 * e->jobs;

	fds[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
	for (int i = 1; i < n; i++) {
		const struct each_slot *s = &e->slot[(i - 1) / 2];

		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (s->pid)
			fds[i].fd = s->out[(i - 1) % 2].from;
	}
	if (poll(fds, (nfds_t)n, -1) < 0)
		return errno == EINTR ? 0 : -1;
	for (int i = 1; i < n; i++)
		if (fds[i].revents != 0)
			copy(&e->slot[(i - 1) / 2].out[(i - 1) % 2]);
	if (fds[0].revents != 0)
		take_signal(signals, e);
	return 0;
}

/* fill - start commands in all free slots */
static int
fill(struct each *e)
{
	for (int i = 0; i < e->jobs && !e->stopped; i++)
		if (!e->slot[i].pid && e->next < e->lines &&
		    start(e, &e->slot[i]) < 0)
			return -1;
	return 0;
}

int
each_run(struct each *e, struct errmsg *why)
{
	auto_close int signals = -1;
	sigset_t caught;

	e->slot = calloc((size_t)e->jobs, sizeof(*e->slot));
	sigemptyset(&caught);
	sigaddset(&caught, SIGCHLD);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGHUP);
	if (!e->slot || sigprocmask(SIG_BLOCK, &caught, &e->before) < 0)
		return errmsg_errno(why, "prepare");
	signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return errmsg_errno(why, "prepare for signals");
	for (;;) {
		if (fill(e) < 0)
			return errmsg_errno(why, "start %s", e->command[0]);
		if (e->running == 0)
			break;
		if (wait_all(e, signals) < 0)
			return errmsg_errno(why, "wait for commands");
	}
	free(e->slot);
	return 0;
}

void
each_free(struct each *e)
{
	for (size_t i = 0; i < e->lines; i++)
		free(e->line[i].text);
	free(e->line);
	e->line = NULL;
	e->lines = 0;
}
