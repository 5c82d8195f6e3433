/* SPDX-License-Identifier: MIT */
/*
 * systemctl.c - the units of all containers, as systemctl show prints them
 *
 * A unit is lines of PROPERTY=VALUE, in any order; an empty line ends it.
 */
#define _GNU_SOURCE
#include "conf/systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/name.h"

#define PREFIX "container@"
#define SUFFIX ".service"

extern char **environ;

/*
 * spawn - start systemctl; returns its process, or -1 if it cannot be run
 *
 * Its standard output is the other end of *out.
 */
static pid_t
spawn(char *units, int *out)
{
	char *const argv[] = { "systemctl", "show", "--timestamp=utc",
	    "-p", "Id", "-p", "ActiveState", "-p", "ActiveEnterTimestamp",
	    "-p", "MemoryCurrent", "-p", "TasksCurrent", units, NULL };
	posix_spawn_file_actions_t actions;
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	/* Without memory for these, the spawn fails or prints nothing. */
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, fd[1], 1);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
	    O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null",
	    O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	*out = fd[0];
	if (pid < 0)
		close(fd[0]);
	return pid;
}

static enum systemctl_active
active_of(const char *text)
{
	static const struct {
		const char *text;
		enum systemctl_active active;
	} known[] = {
		{ "active", SYSTEMCTL_ACTIVE },
		{ "reloading", SYSTEMCTL_ACTIVE },
		{ "refreshing", SYSTEMCTL_ACTIVE },
		{ "activating", SYSTEMCTL_STARTING },
		{ "deactivating", SYSTEMCTL_STOPPING },
		{ "failed", SYSTEMCTL_FAILED },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].text, text))
			return known[i].active;
	return SYSTEMCTL_INACTIVE;
}

/* amount - a number, or -1 for "[not set]" and for systemd's UINT64_MAX */
static int64_t
amount(const char *text)
{
	char *end;
	unsigned long long n;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end || errno || n > INT64_MAX)
		return -1;
	return (int64_t)n;
}

/* copy_time - "Fri 2026-11-27 01:32:18 UTC"; "" if it is anything else */
static void
copy_time(const char *text, char since[SYSTEMCTL_TIME])
{
	static const char form[] = "dddd-dd-dd dd:dd:dd UTC";
	const char *from = strchr(text, ' ');

	since[0] = '\0';
	if (!from++ || strlen(from) != strlen(form))
		return;
	for (size_t i = 0; form[i]; i++) {
		bool right = from[i] == form[i];

		if (form[i] == 'd')
			right = from[i] >= '0' && from[i] <= '9';
		if (!right)
			return;
	}
	snprintf(since, SYSTEMCTL_TIME, "%.10sT%.8sZ", from, from + 11);
}

/* copy_name - of container@NAME.service; "" if it is anything else */
static void
copy_name(const char *id, char name[NAMES_SIZE])
{
	size_t n = strlen(id), prefix = strlen(PREFIX), suffix = strlen(SUFFIX);

	name[0] = '\0';
	if (n <= prefix + suffix || n - prefix - suffix >= NAMES_SIZE ||
	    strncmp(id, PREFIX, prefix) != 0 ||
	    strcmp(id + n - suffix, SUFFIX) != 0)
		return;
	n -= prefix + suffix;
	memcpy(name, id + prefix, n);
	name[n] = '\0';
	if (!name_ok(name))
		name[0] = '\0';
}

static void
property(struct systemctl_unit *u, const char *line)
{
	const char *value = strchr(line, '=');
	size_t n;

	if (!value)
		return;
	n = (size_t)(value++ - line);
	if (n == strlen("Id") && !memcmp(line, "Id", n))
		copy_name(value, u->name);
	else if (n == strlen("ActiveState") && !memcmp(line, "ActiveState", n))
		u->active = active_of(value);
	else if (n == strlen("ActiveEnterTimestamp") &&
	    !memcmp(line, "ActiveEnterTimestamp", n))
		copy_time(value, u->since);
	else if (n == strlen("MemoryCurrent") &&
	    !memcmp(line, "MemoryCurrent", n))
		u->memory = amount(value);
	else if (n == strlen("TasksCurrent") &&
	    !memcmp(line, "TasksCurrent", n))
		u->tasks = amount(value);
}

/* add - append a unit, if it is a container's; returns 0, or -1 with errno */
static int
add(struct systemctl *s, size_t *room, const struct systemctl_unit *u)
{
	if (!u->name[0])
		return 0;
	if (s->n == *room) {
		size_t more = 2 * *room + 64;
		void *p = realloc(s->unit, more * sizeof(*s->unit));

		if (!p)
			return -1;
		s->unit = p;
		*room = more;
	}
	s->unit[s->n++] = *u;
	return 0;
}

static int
read_units(struct systemctl *s, FILE *from)
{
	static const struct systemctl_unit none = { .memory = -1, .tasks = -1 };
	struct systemctl_unit u = none;
	char line[512];
	size_t room = 0;

	while (fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0]) {
			property(&u, line);
			continue;
		}
		if (add(s, &room, &u) < 0)
			return -1;
		u = none;
	}
	return add(s, &room, &u);
}

static int
by_name(const void *a, const void *b)
{
	const struct systemctl_unit *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
systemctl_read(struct systemctl *s, const char *name)
{
	char units[sizeof(PREFIX SUFFIX) + NAMES_SIZE];
	FILE *from;
	int out, r = -1, e;
	pid_t pid;

	memset(s, 0, sizeof(*s));
	snprintf(units, sizeof(units), PREFIX "%s" SUFFIX, name ? name : "*");
	pid = spawn(units, &out);
	if (pid < 0)
		return 0;
	from = fdopen(out, "r");
	if (from)
		r = read_units(s, from);
	e = errno;
	if (from)
		fclose(from);
	else
		close(out);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		systemctl_free(s);
	else if (s->n > 1)
		qsort(s->unit, s->n, sizeof(*s->unit), by_name);
	errno = e;
	return r;
}

void
systemctl_free(struct systemctl *s)
{
	free(s->unit);
	memset(s, 0, sizeof(*s));
}

static int
compare_name(const void *name, const void *unit)
{
	const struct systemctl_unit *u = unit;

	return strcmp(name, u->name);
}

const struct systemctl_unit *
systemctl_find(const struct systemctl *s, const char *name)
{
	if (s->n == 0)
		return NULL;
	return bsearch(name, s->unit, s->n, sizeof(*s->unit), compare_name);
}
