/* SPDX-License-Identifier: MIT */
/* report.c - list the generations of a profile, and check their targets */
#define _GNU_SOURCE
#include "nix/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/storepath.h"

/* Paths per call of nix-store; more might exceed the limit on arguments. */
enum { PATHS_MAX = 256, FIXED_ARGS = 3 };

void
report_text(FILE *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c >= 0x7f)
			fprintf(out, "\\x%02x", c);
		else if (c == '\\')
			fputs("\\\\", out);
		else
			putc(c, out);
	}
}

static void
write_line(FILE *out, const struct profile_entry *g, const char *target,
    bool current)
{
	char date[CLOCK_TEXT];

	clock_text(g->date, false, date);
	fprintf(out, "%4" PRIu32 "   %s   %-9s   ", g->number, date,
	    current ? "(current)" : "");
	report_text(out, target);
	putc('\n', out);
}

static void
write_object(FILE *out, const struct profile_entry *g, const char *target,
    bool current)
{
	char date[CLOCK_TEXT];

	clock_text(g->date, true, date);
	fprintf(out, "{\"number\":%" PRIu32 ",\"date\":\"%s\",\"target\":",
	    g->number, date);
	json_text(out, target);
	fprintf(out, ",\"current\":%s}", current ? "true" : "false");
}

void
report_list(FILE *out, int dir, const struct profile *p, bool json)
{
	const char *separator = "[";
	char target[PATH_MAX];

	for (size_t i = 0; i < p->n; i++) {
		const struct profile_entry *g = &p->entry[i];
		bool current = g->number == p->current;

		if (profile_target(dir, g->number, target, sizeof(target)) < 0)
			continue;	/* removed since the profile was read */
		if (json) {
			fputs(separator, out);
			write_object(out, g, target, current);
			separator = ",\n";
		} else {
			write_line(out, g, target, current);
		}
	}
	if (json && separator[0] == '[')
		putc('[', out);
	if (json)
		fputs("]\n", out);
}

/* The store paths of a profile that remain to be checked by nix-store. */
struct report_paths {
	char **path;
	uint32_t *number;	/* of the generation that points there */
	bool *invalid;
	size_t n;
};

static void
write_defect(FILE *out, uint32_t number, const char *defect, const char *target)
{
	fprintf(out, "%4" PRIu32 "   %-16s   ", number, defect);
	report_text(out, target);
	putc('\n', out);
}

/*
 * find_defect - what is wrong with a target, without Nix; NULL: nothing
 *
 * name receives the name of its store path, or "".  The target was chosen by
 * the container, so it is not opened, nor is anything mounted for it.
 */
static const char *
find_defect(const char *target, char name[STOREPATH_NAME])
{
	struct stat st;

	*name = '\0';
	if (target[0] != '/')
		return "not absolute";
	if (storepath_name(target, name) < 0 && errno == EINVAL)
		return "not a store path";
	if (fstatat(AT_FDCWD, target, &st, AT_SYMLINK_NOFOLLOW |
	    AT_NO_AUTOMOUNT) < 0)
		return "missing";
	return NULL;
}

static int
add_path(struct report_paths *s, uint32_t number, const char *name)
{
	if (asprintf(&s->path[s->n], "%s/%s", storepath_store(), name) < 0)
		return -1;
	s->number[s->n++] = number;
	return 0;
}

/* check_files - checks without Nix; adds the store paths left to check to s */
static int
check_files(FILE *out, int dir, const struct profile *p, struct report_paths *s)
{
	char target[PATH_MAX], name[STOREPATH_NAME];
	int bad = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint32_t number = p->entry[i].number;
		const char *defect;

		if (profile_target(dir, number, target, sizeof(target)) < 0)
			continue;	/* removed since the profile was read */
		defect = find_defect(target, name);
		if (defect) {
			write_defect(out, number, defect, target);
			bad++;
		} else if (*name && add_path(s, number, name) < 0) {
			return -1;
		}
	}
	return bad;
}

static _Noreturn void
exec_nix_store(int out, char *const path[], size_t n)
{
	char *argv[FIXED_ARGS + PATHS_MAX + 1] = { (char *)"nix-store",
	    (char *)"--check-validity", (char *)"--print-invalid" };

	memcpy(argv + FIXED_ARGS, path, n * sizeof(*path));
	if (dup2(out, STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	_exit(exits_exec(errno));
}

/* read_invalid - read the output of nix-store: an invalid path per line */
static void
read_invalid(FILE *f, char *const path[], size_t n, bool *invalid)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < n; i++)
			if (!strcmp(line, path[i]))
				invalid[i] = true;
	}
	free(line);
}

static int
wait_nix_store(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	errno = EIO;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOCMD)
		errno = ENOENT;
	return -1;
}

/* run_nix_store - check up to PATHS_MAX paths; -1 with ENOENT: not installed */
static int
run_nix_store(char *const path[], size_t n, bool *invalid)
{
	int p[2];
	pid_t pid;
	FILE *f = NULL;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		exec_nix_store(p[1], path, n);
	close(p[1]);
	if (pid > 0)
		f = fdopen(p[0], "r");
	if (!f) {
		fd_cleanup(&p[0]);
		return -1;
	}
	read_invalid(f, path, n, invalid);
	fclose(f);
	return wait_nix_store(pid);
}

/* check_valid - ask Nix for the validity of the store paths in s */
static int
check_valid(FILE *out, struct report_paths *s, bool *nix_found)
{
	int bad = 0;

	for (size_t i = 0; i < s->n; i += PATHS_MAX) {
		size_t n = s->n - i;

		if (n > PATHS_MAX)
			n = PATHS_MAX;
		if (run_nix_store(s->path + i, n, s->invalid + i) == 0)
			continue;
		if (errno != ENOENT)
			return -1;
		*nix_found = false;
		return 0;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (!s->invalid[i])
			continue;
		write_defect(out, s->number[i], "not valid", s->path[i]);
		bad++;
	}
	return bad;
}

static void
free_paths(struct report_paths *s)
{
	while (s->n > 0)
		free(s->path[--s->n]);
	free(s->path);
	free(s->number);
	free(s->invalid);
}

int
report_check(FILE *out, int dir, const struct profile *p, bool *nix_found,
    struct errmsg *why)
{
	struct report_paths s = {
		.path = calloc(p->n + 1, sizeof(*s.path)),
		.number = calloc(p->n + 1, sizeof(*s.number)),
		.invalid = calloc(p->n + 1, sizeof(*s.invalid)),
	};
	int bad = -1, invalid = -1;

	*nix_found = true;
	if (s.path && s.number && s.invalid)
		bad = check_files(out, dir, p, &s);
	if (bad < 0)
		(void)errmsg_errno(why, "check generations");
	else
		invalid = check_valid(out, &s, nix_found);
	if (bad >= 0 && invalid < 0)
		(void)errmsg_errno(why, "run nix-store");
	free_paths(&s);
	if (bad < 0 || invalid < 0)
		return -1;
	return bad + invalid;
}
