/* SPDX-License-Identifier: MIT */
/*
 * ctr-each [--jobs N] [--label TEXT] [--also STATUS] COMMAND [ARGUMENT]...
 *
 * Run a command for each line of standard input, which becomes its last argument,
 * several side by side.
 *
 * Each command has a session of its own, so that a signal can end it with all
 * that it started.  One process copies the output of all: lines stay whole.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/label.h"
#include "base/num.h"
#include "base/privilege.h"
#include "base/visible.h"

enum { MOST_JOBS = 999 };

/* A command line, and what became of it. */
struct cli_job {
	char **command;		/* has space for one more word, and NULL */
	int words;
	const char *label;
	int jobs;
	int also;		/* a status that is no failure, or 0 */
};

/* A line of standard input. */
struct line {
	char *text;
	bool done;		/* its command succeeded */
};

/* A command that runs; pid is 0 in a free slot. */
struct slot {
	pid_t pid;
	struct line *line;
	struct label out[2];	/* standard output and error */
};

static struct line *lines;
static size_t line_count, line_next;
static struct slot *slots;
static int running, failures;
static bool also_seen, stopping;
static sigset_t caught, before;

/* read_lines - all of standard input, without empty lines */
static void
read_lines(void)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&text, &size, stdin)) > 0) {
		if (text[n - 1] == '\n')
			text[--n] = '\0';
		if (n == 0)
			continue;
		lines = realloc(lines, (line_count + 1) * sizeof(*lines));
		if (!lines)
			err(EXIT_TOOL, "read standard input");
		lines[line_count++] = (struct line){ text, false };
		text = NULL;
		size = 0;
	}
	if (ferror(stdin))
		err(EXIT_TOOL, "read standard input");
	free(text);
}

/* label_of - the label with the line for each {}, in memory of its own */
static char *
label_of(const char *text, const char *line)
{
	const char *hole;
	char *made = NULL;
	size_t size;
	FILE *to = open_memstream(&made, &size);

	if (!to)
		err(EXIT_TOOL, "allocate");
	while ((hole = strstr(text, "{}"))) {
		fwrite(text, 1, (size_t)(hole - text), to);
		fputs(line, to);
		text = hole + 2;
	}
	fputs(text, to);
	if (fclose(to) != 0)
		err(EXIT_TOOL, "allocate");
	return made;
}

/* child - become the command; it does not outlive this process by itself */
static _Noreturn void
child(char **argv, const int to[2], pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), e;

	if (null < 0 || dup2(null, 0) < 0 || dup2(to[0], 1) < 0 ||
	    dup2(to[1], 2) < 0 || setsid() < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
	    sigprocmask(SIG_SETMASK, &before, NULL) < 0) {
		warn("prepare %s", argv[0]);
		_exit(EXIT_TOOL);
	}
	if (getppid() != parent)
		_exit(EXIT_TOOL);
	execvp(argv[0], argv);
	e = errno;
	warn("exec %s", argv[0]);
	_exit(exits_exec(e));
}

/* start - the command of a line, in a free slot */
static void
start(struct slot *s, const struct cli_job *job, struct line *line)
{
	const char *text = label_of(job->label, line->text);
	pid_t parent = getpid();
	int out[2], error[2];

	job->command[job->words] = line->text;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0)
		err(EXIT_TOOL, "make a pipe");
	s->pid = fork();
	if (s->pid < 0)
		err(EXIT_TOOL, "fork");
	if (s->pid == 0)
		child(job->command, (int[2]){ out[1], error[1] }, parent);
	close(out[1]);
	close(error[1]);
	s->line = line;
	s->out[0] = (struct label){ .text = text, .from = out[0], .to = 1 };
	s->out[1] = (struct label){ .text = text, .from = error[0], .to = 2 };
	for (int i = 0; i < 2; i++)
		if (fcntl(s->out[i].from, F_SETFL, O_NONBLOCK) < 0)
			err(EXIT_TOOL, "prepare a pipe");
	running++;
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

/* ended - the command of the slot has ended; what it left running is not waited for */
static void
ended(struct slot *s, const struct cli_job *job, int status)
{
	char text[64];

	for (int i = 0; i < 2; i++)
		drain(&s->out[i]);
	if (WIFSIGNALED(status) && !stopping) {
		snprintf(text, sizeof(text), "ended by signal %d",
		    WTERMSIG(status));
		(void)label_line(&s->out[1], text, strlen(text));
	}
	s->line->done = status == 0;
	if (WIFEXITED(status) && job->also && WEXITSTATUS(status) == job->also)
		s->line->done = also_seen = true;
	failures += !s->line->done;
	free((char *)s->out[0].text);
	s->pid = 0;
	running--;
}

static void
reap(const struct cli_job *job)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < job->jobs; i++)
			if (slots[i].pid == pid)
				ended(&slots[i], job, status);
}

/* stop - no further commands; those that run are asked to end, once */
static void
stop(const struct cli_job *job)
{
	if (stopping)
		return;
	stopping = true;
	for (int i = 0; i < job->jobs; i++)
		if (slots[i].pid > 0 && kill(-slots[i].pid, SIGTERM) < 0)
			(void)kill(slots[i].pid, SIGTERM);	/* no session yet */
}

/* take_signal - read one from the descriptor */
static void
take_signal(int fd, const struct cli_job *job)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGCHLD)
		reap(job);
	else
		stop(job);
}

/* wait_all - until something can be read, or a command has ended */
static void
wait_all(int signals, const struct cli_job *job)
{
	static struct pollfd fds[1 + 2 * MOST_JOBS];
	int n = 1;

	fds[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
	for (int i = 0; i < 2 * job->jobs; i++, n++)
		fds[n] = (struct pollfd){ .events = POLLIN,
		    .fd = slots[i / 2].pid ? slots[i / 2].out[i % 2].from : -1 };
	if (poll(fds, (nfds_t)n, -1) < 0 && errno != EINTR)
		err(EXIT_TOOL, "wait for commands");
	for (int i = 0; i < 2 * job->jobs; i++)
		if (fds[1 + i].revents != 0)
			copy(&slots[i / 2].out[i % 2]);
	if (fds[0].revents != 0)
		take_signal(signals, job);
}

/* report - one line: what failed, or was left when a signal came */
static int
report(const struct cli_job *job)
{
	int own = (int)strcspn(job->label, "{");

	if (failures == 0 && !stopping)
		return also_seen ? job->also : 0;
	if (line_count > 1 || stopping) {
		fprintf(stderr, own ? "%.*s" : "ctr-each: ", own, job->label);
		if (stopping)
			fprintf(stderr, "stopped by a signal; not done:");
		else
			fprintf(stderr, "%d of %zu failed:", failures,
			    line_count);
		for (size_t i = 0; i < line_count; i++)
			if (!lines[i].done) {
				putc(' ', stderr);
				visible_line(stderr, lines[i].text);
			}
		putc('\n', stderr);
	}
	return 1;
}

static int
each(const struct cli_job *job)
{
	int signals;

	read_lines();
	slots = calloc((size_t)job->jobs, sizeof(*slots));
	sigemptyset(&caught);
	sigaddset(&caught, SIGCHLD);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGHUP);
	if (!slots || sigprocmask(SIG_BLOCK, &caught, &before) < 0)
		err(EXIT_TOOL, "prepare");
	signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		err(EXIT_TOOL, "prepare for signals");
	for (;;) {
		for (int i = 0; i < job->jobs && !stopping; i++)
			if (!slots[i].pid && line_next < line_count)
				start(&slots[i], job, &lines[line_next++]);
		if (running == 0)
			return report(job);
		wait_all(signals, job);
	}
}

static const struct cli_option options[] = {
	{ 'j', "jobs", "N", "so many at once (as many as processors)", true },
	{ 'l', "label", "TEXT", "what each line of output begins with ({}: )",
	    true },
	{ 'a', "also", "STATUS", "no failure; the exit status, if none fails",
	    true },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ "", "[--jobs N] [--label TEXT] [--also STATUS]\n"
	    " [--] COMMAND [ARGUMENT]...", "jla",
	    "run a command for each line of standard input, its last argument",
	    each, 1, INT_MAX, 1 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-each", .verbs = verbs,
    .options = options };

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	switch (r->option->key) {
	case 'j':
		job->jobs = (int)num_read(r->value, MOST_JOBS);
		if (job->jobs < 1)
			return errmsg_set(why, "--jobs: expected a number from 1 "
			    "to %d: %s", MOST_JOBS, r->value);
		break;
	case 'l':
		job->label = r->value;
		break;
	case 'a':
		job->also = (int)num_read(r->value, 124);
		if (job->also < 2)
			return errmsg_set(why, "--also: expected a status from 2 "
			    "to 124: %s", r->value);
		break;
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { .label = "{}: " };
	struct errmsg why = { "" };
	int answer, status;

	(void)argc;	/* argv ends with NULL */
	if (privilege_refuse_setuid() < 0)
		errx(EXIT_TOOL, PRIVILEGE_SETUID);
	answer = cli_read(&reader, &cli, argv, set_option, &job, &why);
	if (answer < 0)
		errx(EXIT_TOOL, "%s", why.text);
	if (answer > 0) {
		if (cli_answer(&reader, answer, stdout) < 0)
			err(EXIT_TOOL, "write the output");
		return 0;
	}
	if (job.jobs == 0)
		job.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (job.jobs < 1 || job.jobs > MOST_JOBS)
		job.jobs = 1;
	job.words = reader.operands;
	job.command = calloc((size_t)job.words + 2, sizeof(*job.command));
	if (!job.command)
		err(EXIT_TOOL, "allocate");
	memcpy(job.command, reader.operand,
	    (size_t)job.words * sizeof(*job.command));
	status = reader.verb->run(&job);
	free(job.command);
	return status;
}
