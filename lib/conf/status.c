/* SPDX-License-Identifier: MIT */
/* status.c - the state of a container, besides its settings */
#define _GNU_SOURCE
#include "conf/status.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/num.h"
#include "base/visible.h"

enum {
	MACHINE_SIZE = 8192,	/* of systemd-machined's file on a machine */
	PID_LIMIT = 1 << 22,
	GENERATION_SIZE = sizeof("system-4294967295-link"),
};

/* open_dir - a path beneath another; -1: it is missing or too long */
static int
open_dir(const char *path, const char *below)
{
	char buf[PATH_MAX];

	if ((size_t)snprintf(buf, sizeof(buf), "%s%s", path, below) >=
	    sizeof(buf))
		return -1;
	return open(buf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
status_open(struct status_source *from, const char *name,
    const char *machines, const char *nix_state)
{
	from->machines = from->profiles = -1;
	if (systemctl_read(&from->units, name) < 0)
		return -1;
	from->machines = open_dir(machines, "");
	from->profiles = open_dir(nix_state, "/profiles/per-container");
	return 0;
}

void
status_close(struct status_source *from)
{
	systemctl_free(&from->units);
	fd_cleanup(&from->machines);
	fd_cleanup(&from->profiles);
	from->machines = from->profiles = -1;
}

/* read_leader - the process of a machine, or -1; *in_unit: of that unit */
static int64_t
read_leader(int dir, const char *name, bool *in_unit)
{
	char text[MACHINE_SIZE], scope[128], *line;
	auto_close int fd = -1;
	long pid;
	ssize_t n;

	*in_unit = false;
	if (dir < 0)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	text[0] = '\n';		/* so that each line has one before it */
	n = fd_read_max(fd, text + 1, sizeof(text) - 2);
	if (n < 0)
		return -1;
	text[n + 1] = '\0';
	snprintf(scope, sizeof(scope), "\nSCOPE=container@%s.service\n", name);
	*in_unit = strstr(text, scope) != NULL;
	line = strstr(text, "\nLEADER=");
	if (!line)
		return -1;
	line += strlen("\nLEADER=");
	line[strcspn(line, "\n")] = '\0';
	pid = num_read(line, PID_LIMIT);
	return pid > 0 ? pid : -1;
}

/*
 * generation_number - the number in system-N-link, or -1
 *
 * As Nix writes it: 32 bits, no zeros in front.
 */
static int64_t
generation_number(const char *link)
{
	int64_t n = 0;

	if (strncmp(link, "system-", 7) != 0)
		return -1;
	link += 7;
	if (*link < '0' || *link > '9' || (*link == '0' && link[1] != '-'))
		return -1;
	for (; *link >= '0' && *link <= '9'; link++) {
		n = n * 10 + (*link - '0');
		if (n > UINT32_MAX)
			return -1;
	}
	return strcmp(link, "-link") == 0 ? n : -1;
}

/* in_store - is it a printable path below the store? */
static bool
in_store(const char *path)
{
	const char *store = getenv("NIX_STORE_DIR");
	size_t n;
	int step;

	if (!store || !*store)
		store = "/nix/store";
	n = strlen(store);
	if (strncmp(path, store, n) != 0 || path[n] != '/' ||
	    strstr(path + n, "/.."))
		return false;
	for (path += n; *path; path += step) {
		step = visible_char((const unsigned char *)path, 4);
		if (step <= 0)
			return false;
	}
	return true;
}

/* read_generation - the current generation of a profile, and its system */
static void
read_generation(int profiles, const char *name, struct status *st)
{
	char link[GENERATION_SIZE + 1];
	auto_close int dir = -1;
	ssize_t n;

	if (profiles < 0)
		return;
	dir = openat(profiles, name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	n = readlinkat(dir, "system", link, sizeof(link) - 1);
	if (n < 0)
		return;
	link[n] = '\0';
	st->generation = generation_number(link);
	if (st->generation < 0)
		return;
	n = readlinkat(dir, link, st->system, sizeof(st->system) - 1);
	if (n < 0)
		n = 0;
	st->system[n] = '\0';
	if (!in_store(st->system))
		st->system[0] = '\0';
}

static enum status_state
state_of(const struct systemctl_unit *u, bool has_leader)
{
	switch (u ? u->active : SYSTEMCTL_INACTIVE) {
	case SYSTEMCTL_ACTIVE:
		return STATUS_UP;
	case SYSTEMCTL_STARTING:
		return STATUS_STARTING;
	case SYSTEMCTL_STOPPING:
		return STATUS_STOPPING;
	case SYSTEMCTL_FAILED:
		/* It may still run: started by hand, not by its unit. */
		return has_leader ? STATUS_UP : STATUS_FAILED;
	default:
		return has_leader ? STATUS_UP : STATUS_DOWN;
	}
}

void
status_read(const struct status_source *from, const char *name,
    struct status *st)
{
	const struct systemctl_unit *u = systemctl_find(&from->units, name);

	st->leader = read_leader(from->machines, name, &st->in_unit);
	st->state = state_of(u, st->leader > 0);
	st->since = NULL;
	st->memory = st->tasks = -1;
	if (u) {
		st->memory = u->memory;
		st->tasks = u->tasks;
	}
	if (u && u->since[0] && u->active == SYSTEMCTL_ACTIVE)
		st->since = u->since;
	st->generation = -1;
	st->system[0] = '\0';
	read_generation(from->profiles, name, st);
}

int
status_system(const char *nix_state, const char *name, char system[PATH_MAX])
{
	auto_close int profiles = open_dir(nix_state, "/profiles/per-container");
	struct status st = { .system = "" };

	read_generation(profiles, name, &st);
	strcpy(system, st.system);
	return *system ? 0 : -1;
}

const char *
status_name(enum status_state state)
{
	static const char *const names[] = {
		[STATUS_UP] = "up",
		[STATUS_STARTING] = "starting",
		[STATUS_STOPPING] = "stopping",
		[STATUS_FAILED] = "failed",
		[STATUS_DOWN] = "down",
	};

	return names[state];
}
