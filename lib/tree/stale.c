/* SPDX-License-Identifier: MIT */
/* stale.c - find temporary files by the pid in their names */
#define _GNU_SOURCE
#include "tree/stale.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

static bool
is_stale(const char *entry, const char *prefix)
{
	size_t n = strlen(prefix);
	char *end;
	long pid;

	if (strncmp(entry, prefix, n) || entry[n] < '1' || entry[n] > '9')
		return false;
	pid = strtol(entry + n, &end, 10);
	return !*end && pid == (pid_t)pid &&
	    kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void
stale_sweep(int dir, const char *prefix,
    int (*remove)(int dir, const char *entry))
{
	DIR *d = fd_entries(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (is_stale(e->d_name, prefix))
			(void)remove(dir, e->d_name);
	closedir(d);
}
