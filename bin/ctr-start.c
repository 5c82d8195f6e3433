/* SPDX-License-Identifier: MIT */
/*
 * ctr-start COMMAND [ARGUMENT]...
 *
 * Run COMMAND, which becomes systemd-nspawn, so that no request to stop is lost.
 *
 * systemd-nspawn passes a request on to the first process of its container once.
 * The kernel drops that signal while the process has no handler for it: early in
 * its start, and while it executes itself anew.  So this process stands before
 * systemd-nspawn, takes the request, waits until the signal will be taken, and
 * sends it itself.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/privilege.h"
#include "base/proc.h"

enum {
	POWER_OFF = 37,		/* SIGRTMIN+3 of glibc; that of musl differs */
	LOOK_MS = 20,
	AGAIN_MS = 500,	/* to ask again, if it was lost all the same */
	PASSES = 10,
};

#define ASIDE "ctr-start"	/* a control group below the unit's */

#define KILL_SIGNAL "--kill-signal"
#define KILL_SIGNAL_POWER_OFF KILL_SIGNAL "=SIGRTMIN+3"

/* A command line. */
struct cli_job {
	char **command;		/* ends with NULL */
};

/* A request to stop. */
struct stop {
	bool wanted;
	bool passed_on;		/* to COMMAND, as there was no container */
	int64_t asked_ms;	/* when its first process was asked, or 0 */
};

/* takes_signal - it has a handler, or blocks it to read it later */
static bool
takes_signal(const char *status)
{
	unsigned long long set =
	    strtoull(proc_line(status, "\nSigBlk:"), NULL, 16) |
	    strtoull(proc_line(status, "\nSigCgt:"), NULL, 16);

	return set >> (POWER_OFF - 1) & 1;
}

/*
 * leader_open - the first process of the container of nspawn, as a pidfd
 *
 * *ready tells whether it takes the signal.  Returns -1 if there is none yet.
 */
static int
leader_open(pid_t nspawn, bool *ready)
{
	char name[40], list[4096], status[PROC_STATUS];
	char *at = list, *end;

	snprintf(name, sizeof(name), "task/%d/children", (int)nspawn);
	if (proc_read(nspawn, name, list, sizeof(list)) == 0)
		return -1;
	for (pid_t pid = (pid_t)strtol(at, &end, 10); end != at;
	    at = end, pid = (pid_t)strtol(at, &end, 10)) {
		/* First the pidfd, then the look at what it is of. */
		auto_close int fd = proc_open(pid);

		if (fd < 0 ||
		    proc_read(pid, "status", status, sizeof(status)) == 0 ||
		    !proc_first(status) || proc_parent(status) != nspawn)
			continue;
		*ready = takes_signal(status);
		return fd_take(&fd);
	}
	return -1;
}

/* wants_power_off - is its kill signal ours, whatever the settings add? */
static bool
wants_power_off(pid_t nspawn)
{
	static char words[1 << 17];
	size_t len = proc_read(nspawn, "cmdline", words, sizeof(words));
	bool ours = false;

	for (const char *w = words; w < words + len; w += strlen(w) + 1) {
		if (!strcmp(w, "--"))
			break;
		if (!strncmp(w, KILL_SIGNAL, strlen(KILL_SIGNAL)))
			ours = !strcmp(w, KILL_SIGNAL_POWER_OFF);
	}
	return ours;
}

/* pass_on - without a container, or with another signal, COMMAND knows better */
static void
pass_on(struct stop *stop, pid_t pid)
{
	/* A second one ends systemd-nspawn at once, and the container with it. */
	if (!stop->passed_on)
		(void)kill(pid, SIGTERM);	/* it may have ended */
	stop->passed_on = true;
}

/* ask - ask the container to stop, if it can be asked now */
static void
ask(struct stop *stop, pid_t pid)
{
	bool ready = false;
	auto_close int leader = leader_open(pid, &ready);
	int64_t now = clock_ms();

	if (leader < 0 && stop->asked_ms)
		return;		/* it has ended, and COMMAND does */
	if (leader < 0 || !wants_power_off(pid)) {
		pass_on(stop, pid);
		return;
	}
	if (!ready || (stop->asked_ms && now - stop->asked_ms < AGAIN_MS))
		return;
	/* Fails if it has just ended. */
	(void)syscall(SYS_pidfd_send_signal, leader, POWER_OFF, NULL, 0);
	stop->asked_ms = now;
}

/* end_as - end as the command did */
static _Noreturn void
end_as(int status)
{
	sigset_t none;

	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)raise(WTERMSIG(status));
		exit(128 + WTERMSIG(status));
	}
	exit(WEXITSTATUS(status));
}

/*
 * reap - if COMMAND has ended, end as it did
 *
 * Other children are those of the shell that became this process.
 */
static void
reap(pid_t pid)
{
	pid_t ended;
	int status;

	do {
		ended = waitpid(-1, &status, WNOHANG);
		if (ended == pid)
			end_as(status);
	} while (ended > 0);
}

/* attend - wait for its end, and for requests to stop it */
static _Noreturn void
attend(pid_t pid, const sigset_t *events)
{
	static const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
	struct stop stop = { 0 };
	int got;

	for (;;) {
		got = sigtimedwait(events, NULL, stop.wanted ? &look : NULL);
		if (got == SIGTERM || got == SIGINT)
			stop.wanted = true;
		reap(pid);
		if (stop.wanted)
			ask(&stop, pid);
	}
}

/* move - to a control group; fails if the process has ended */
static void
move(int group, pid_t pid)
{
	auto_close int fd = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)dprintf(fd, "%d", (int)pid);
}

/* move_others - all processes of a group but one; returns whether there were any */
static bool
move_others(int from, int to, pid_t one)
{
	char list[4096], *at = list, *end;
	auto_close int fd = openat(from, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_max(fd, list, sizeof(list) - 1);
	bool any = false;

	if (n < 0)
		return false;
	list[n] = '\0';
	for (pid_t pid = (pid_t)strtol(at, &end, 10); end != at;
	    at = end, pid = (pid_t)strtol(at, &end, 10)) {
		if (pid == one)
			continue;
		move(to, pid);
		any = true;
	}
	return any;
}

/* own_group - the path of this process's in cgroup v2; returns 0, or -1 */
static int
own_group(char *path, size_t size)
{
	char own[4096];
	const char *at;

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) < 0 ||
	    proc_read(getpid(), "cgroup", own, sizeof(own)) == 0)
		return -1;
	at = strstr(own, "0::/");
	if (!at)
		return -1;
	snprintf(path, size, "/sys/fs/cgroup%.*s",
	    (int)strcspn(at + 3, "\n"), at + 3);
	return 0;
}

/*
 * step_aside - leave the unit's own control group to nspawn alone
 *
 * cgroup v2 gives a group's controllers to those below it only while no process
 * is in it: systemd-nspawn leaves it, too.  What the shell that became this process
 * has started moves as well.  Without success the container has fewer controllers.
 * Source: nspawn-cgroup.c, cgroup-v2.rst in Linux.
 */
static void
step_aside(pid_t nspawn)
{
	auto_close int own = -1, aside = -1;
	char path[4096];

	/* Elsewhere the group is not ours alone. */
	if (!getenv("NOTIFY_SOCKET") || own_group(path, sizeof(path)) < 0)
		return;
	own = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (own < 0 || (mkdirat(own, ASIDE, 0755) < 0 && errno != EEXIST))
		return;
	aside = openat(own, ASIDE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (aside < 0)
		return;
	/* One may have forked while it was moved. */
	for (int i = 0; i < PASSES && move_others(own, aside, nspawn); i++)
		;
}

static int
start(const struct cli_job *job)
{
	sigset_t events, before;
	pid_t parent = getpid(), pid;

	sigemptyset(&events);
	sigaddset(&events, SIGCHLD);
	sigaddset(&events, SIGTERM);
	sigaddset(&events, SIGINT);
	if (sigprocmask(SIG_BLOCK, &events, &before) < 0)
		err(EXIT_TOOL, "block signals");
	pid = fork();
	if (pid < 0)
		err(EXIT_TOOL, "fork");
	if (pid > 0) {
		step_aside(pid);
		attend(pid, &events);
	}

	/* If this process is killed, the container is not left alone. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		err(EXIT_TOOL, "be told of the end of the parent");
	if (getppid() != parent)
		exit(EXIT_TOOL);	/* it has ended before that */
	if (sigprocmask(SIG_SETMASK, &before, NULL) < 0)
		err(EXIT_TOOL, "restore the signal mask");
	execvp(job->command[0], job->command);
	err(exits_exec(errno), "exec %s", job->command[0]);
}

static const struct cli_option options[] = { { 0 } };

static const struct cli_verb verbs[] = {
	{ "", "[--] COMMAND [ARGUMENT]...", "",
	    "run systemd-nspawn so that no request to stop is lost",
	    start, 1, INT_MAX, 1 },
	{ 0 },
};

static const struct cli cli = { .tool = "ctr-start", .verbs = verbs,
    .options = options, .notes = "SIGTERM and SIGINT ask the first process of the "
    "container to power off,\nas soon as it can take that." };

static int
set_option(struct cli_job *job, const struct cli_reader *r, struct errmsg *why)
{
	(void)job;		/* there is none */
	(void)r;
	(void)why;
	return 0;
}

int
main(int argc, char *argv[])
{
	struct cli_reader reader;
	struct cli_job job = { 0 };
	struct errmsg why = { "" };
	int answer;

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
	job.command = reader.operand;
	return start(&job);
}
