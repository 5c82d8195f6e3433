/* SPDX-License-Identifier: MIT */
/* snapshots.c - list the snapshots of a container */
#define _GNU_SOURCE
#include "nix/snapshots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "nix/report.h"

struct snapshot {
	char label[NAME_MAX + 1];
	struct timespec time;
	char system[PATH_MAX];	/* "": none */
};

struct list {
	struct snapshot *at;
	size_t n;
};

/* read_one - returns 1; or 0: that is no snapshot */
static int
read_one(int dir, const char *label, struct snapshot *s)
{
	auto_close int at = openat(dir, label,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (at < 0 || fstatat(at, "settings", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	n = readlinkat(at, "system", s->system, sizeof(s->system) - 1);
	s->system[n > 0 ? n : 0] = '\0';
	strcpy(s->label, label);
	s->time = st.st_mtim;
	return 1;
}

static int
read_all(DIR *d, struct list *l)
{
	struct snapshot *more;
	struct dirent *e;

	while ((errno = 0, e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		more = realloc(l->at, (l->n + 1) * sizeof(*l->at));
		if (!more)
			return -1;
		l->at = more;
		l->n += (size_t)read_one(dirfd(d), e->d_name, &l->at[l->n]);
	}
	return errno ? -1 : 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct snapshot *s = a, *t = b;

	if (s->time.tv_sec != t->time.tv_sec)
		return s->time.tv_sec < t->time.tv_sec ? -1 : 1;
	if (s->time.tv_nsec != t->time.tv_nsec)
		return s->time.tv_nsec < t->time.tv_nsec ? -1 : 1;
	return strcmp(s->label, t->label);
}

static void
print_lines(const struct list *l, FILE *out)
{
	char date[CLOCK_TEXT];

	for (size_t i = 0; i < l->n; i++) {
		const struct snapshot *s = &l->at[i];

		clock_text(s->time.tv_sec, false, date);
		fprintf(out, "%-20s   %s   ", s->label, date);
		report_text(out, *s->system ? s->system : "-");
		putc('\n', out);
	}
}

static void
print_json(const struct list *l, FILE *out)
{
	char date[CLOCK_TEXT];

	putc('[', out);
	for (size_t i = 0; i < l->n; i++) {
		const struct snapshot *s = &l->at[i];

		clock_text(s->time.tv_sec, true, date);
		fputs(i > 0 ? ",\n{\"label\":" : "{\"label\":", out);
		json_text(out, s->label);
		fprintf(out, ",\"date\":\"%s\",\"system\":", date);
		json_text(out, *s->system ? s->system : NULL);
		putc('}', out);
	}
	fputs("]\n", out);
}

int
snapshots_print(const char *dir, bool json, FILE *out, struct errmsg *why)
{
	struct list l = { NULL, 0 };
	DIR *d = opendir(dir);

	if ((!d && errno != ENOENT) || (d && read_all(d, &l) < 0)) {
		errmsg_errno(why, "read %s", dir);
		if (d)
			closedir(d);
		free(l.at);
		return -1;
	}
	if (d)
		closedir(d);
	if (l.n > 0)
		qsort(l.at, l.n, sizeof(*l.at), by_time);
	if (json)
		print_json(&l, out);
	else
		print_lines(&l, out);
	free(l.at);
	return 0;
}
