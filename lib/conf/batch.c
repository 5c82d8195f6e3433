/* SPDX-License-Identifier: MIT */
/* batch.c - compare networks with settings, by mkveth */
#define _GNU_SOURCE
#include "conf/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exits.h"
#include "conf/args.h"

extern char **environ;

int
batch_open(struct batch *b, struct errmsg *why)
{
	b->n = 0;
	b->failed = false;
	b->fd = memfd_create("networks", MFD_CLOEXEC);
	b->lines = b->fd < 0 ? NULL : fdopen(b->fd, "w");
	if (b->lines)
		return 0;
	if (b->fd >= 0)
		close(b->fd);
	return errmsg_errno(why, "collect networks");
}

void
batch_close(struct batch *b)
{
	fclose(b->lines);
}

/* put_word - in quotes; no word has both kinds */
static void
put_word(const char *word, FILE *to)
{
	char quote = strchr(word, '"') ? '\'' : '"';

	fprintf(to, " %c%s%c", quote, word, quote);
}

void
batch_add(struct batch *b, const struct settings *s, const char *name)
{
	char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);

	b->n++;
	if (out)
		args_network(s, '\0', out);
	if (!out || fclose(out) != 0) {
		b->failed = true;
		return;
	}
	fputs("verify", b->lines);
	for (size_t at = 0; at < size; at += strlen(words + at) + 1)
		put_word(words + at, b->lines);
	fprintf(b->lines, " -- %s\n", name);
	free(words);
}

/* spawn - mkveth, which reads fd; *out is its output; -1: cannot be run */
static pid_t
spawn(int in, int *out)
{
	char *const argv[] = { "mkveth", "batch", "--keep-going", NULL };
	posix_spawn_file_actions_t actions;
	int fd[2], e;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	/* Without memory for these, the spawn fails or prints nothing. */
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, in, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, fd[1], 1);
	e = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	*out = fd[0];
	if (e == 0)
		return pid;
	close(fd[0]);
	errno = e;
	return -1;
}

/* wait_for - the exit status */
static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_USAGE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_USAGE;
}

int
batch_run(struct batch *b, void (*each)(char *line, void *arg), void *arg,
    struct errmsg *why)
{
	char line[1024];
	size_t lines = 0;
	int out, status;
	FILE *from;
	pid_t pid;

	if (b->n == 0)
		return 0;
	if (b->failed || fflush(b->lines) != 0 || lseek(b->fd, 0, SEEK_SET) < 0)
		return errmsg_errno(why, "collect networks");
	pid = spawn(b->fd, &out);
	if (pid < 0)
		return errmsg_errno(why, "run mkveth");
	from = fdopen(out, "r");
	for (; from && fgets(line, sizeof(line), from); lines++) {
		line[strcspn(line, "\n")] = '\0';
		each(line, arg);
	}
	if (from)
		fclose(from);
	else
		close(out);
	status = wait_for(pid);
	/* 1 is also the status if it could not begin. */
	if (status == 0 || (status == 1 && lines > 0))
		return 0;
	return errmsg_set(why, "mkveth could not compare all networks");
}
