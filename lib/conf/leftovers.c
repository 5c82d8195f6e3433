/* SPDX-License-Identifier: MIT */
/* leftovers.c - what is left of containers that do not run */
#define _GNU_SOURCE
#include "conf/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"

__attribute__((format(printf, 2, 3)))
static void
make_path(char path[PATH_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(path, PATH_MAX, fmt, ap);
	va_end(ap);
}

void
leftovers_add(struct findings *found, const struct cli_job *job,
    const char *name, const char *ifname, const char *why)
{
	char path[7][PATH_MAX];

	make_path(path[0], "/sys/class/net/%s", ifname);
	make_path(path[1], "/run/netns/net-%s", name);
	make_path(path[2], "%s/%s.forward", job->run_dir, name);
	make_path(path[3], "%s/.%s.sessions", job->trees, name);
	make_path(path[4], "%s/%s.store", job->run_dir, name);
	make_path(path[5], "%s/gcroots/per-container/%s/booted",
	    job->nix_state, name);
	make_path(path[6], "%s/gcroots/per-container/%s/current",
	    job->nix_state, name);
	for (int i = 0; i < 7; i++)
		if (faccessat(AT_FDCWD, path[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			findings_add(found, name, MEND_CLEANUP,
			    "%s, but %s is still there", why, path[i]);
}

/* Where the files of containers are: DIR/PREFIXnameSUFFIX. */
struct place {
	const char *dir, *prefix, *suffix;
};

/* name_in - returns 0, or -1: a file of another kind */
static int
name_in(const struct place *place, const char *file, char name[NAMES_SIZE])
{
	size_t before = strlen(place->prefix), after = strlen(place->suffix);
	size_t n = strlen(file);

	if (n <= before + after || n - before - after >= NAMES_SIZE ||
	    strncmp(file, place->prefix, before) ||
	    strcmp(file + n - after, place->suffix))
		return -1;
	n -= before + after;
	memcpy(name, file + before, n);
	name[n] = '\0';
	return name_ok(name) ? 0 : -1;
}

/* is_known - has it settings, or is it being destroyed or reserved? */
static bool
is_known(const struct cli_job *job, const char *name)
{
	char settings[PATH_MAX], pending[PATH_MAX];

	make_path(settings, "%s/%s.conf", job->conf_dir, name);
	make_path(pending, "%s/.%s.pending", job->conf_dir, name);
	return access(settings, F_OK) == 0 || access(pending, F_OK) == 0;
}

/* has_record - then the place of the records has it, too */
static bool
has_record(const struct cli_job *job, const char *name)
{
	char path[PATH_MAX];

	make_path(path, "%s/%s.forward", job->run_dir, name);
	return access(path, F_OK) == 0;
}

void
leftovers_strays(const struct cli_job *job,
    void (*each)(const char *name, void *arg), void *arg)
{
	const struct place places[] = {
		{ job->run_dir, "", ".forward" },
		{ "/run/netns", "net-", "" },
	};
	char name[NAMES_SIZE];
	struct dirent *e;

	for (int i = 0; i < 2; i++) {
		DIR *d = opendir(places[i].dir);

		while (d && (e = readdir(d)))
			if (name_in(&places[i], e->d_name, name) == 0 &&
			    !is_known(job, name) &&
			    (i == 0 || !has_record(job, name)))
				each(name, arg);
		if (d)
			closedir(d);
	}
}
