/* SPDX-License-Identifier: MIT */
/*
 * resident COMMAND [ARG ...] - print its resident memory in KiB when it exits
 *
 * The kernel's own count, in wait4(2), is wrong by up to a few hundred KiB.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void
print_rss(pid_t pid)
{
	char path[64], line[256];
	long kib;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (!(f = fopen(path, "re")))
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %ld kB", &kib) == 1)
			printf("%ld\n", kib);
	fclose(f);
}

int
main(int argc, char *argv[])
{
	int status, null = open("/dev/null", O_RDWR);
	pid_t pid;

	if (argc < 2)
		errx(2, "COMMAND is missing");
	if ((pid = fork()) == 0) {
		dup2(null, STDOUT_FILENO);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_EXITKILL |
	    PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC)) < 0)
		err(1, "%s", argv[1]);
	do {
		int sig = 0;

		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			print_rss(pid);
		else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP)
			sig = WSTOPSIG(status);
		ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig);
		if (waitpid(pid, &status, 0) < 0)
			err(1, "%s", argv[1]);
	} while (WIFSTOPPED(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
