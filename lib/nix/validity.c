/* SPDX-License-Identifier: MIT */
/* validity.c - ask nix-store which paths are valid */
#define _GNU_SOURCE
#include "nix/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/exits.h"
#include "base/fd.h"

/* As many at once as fit well into the arguments of a program. */
enum { BATCH = 256, FIXED = 3 };

static _Noreturn void
become_nix_store(int out, char *const path[], size_t n)
{
	char *argv[FIXED + BATCH + 1] = { (char *)"nix-store",
	    (char *)"--check-validity", (char *)"--print-invalid" };

	memcpy(argv + FIXED, path, n * sizeof(*path));
	if (dup2(out, STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	_exit(errno == ENOENT ? EXIT_NOCMD : EXIT_NOEXEC);
}

/* read_bad - what it printed, a path on each line */
static void
read_bad(FILE *f, char *const path[], size_t n, bool *bad)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < n; i++)
			if (!strcmp(line, path[i]))
				bad[i] = true;
	}
	free(line);
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	errno = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOCMD ?
	    ENOENT : EIO;
	return -1;
}

static int
ask(char *const path[], size_t n, bool *bad)
{
	int p[2];
	pid_t pid;
	FILE *f;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	if ((pid = fork()) == 0)
		become_nix_store(p[1], path, n);
	close(p[1]);
	if (pid < 0 || !(f = fdopen(p[0], "r"))) {
		fd_cleanup(&p[0]);
		return -1;
	}
	read_bad(f, path, n, bad);
	fclose(f);
	return wait_for(pid);
}

int
validity_ask(char *const path[], size_t n, bool *bad)
{
	for (size_t i = 0; i < n; i += BATCH)
		if (ask(path + i, n - i < BATCH ? n - i : BATCH, bad + i) < 0)
			return -1;
	return 0;
}
