/* SPDX-License-Identifier: MIT */
/* list.c - print containers, one at a time */
#define _GNU_SOURCE
#include "conf/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "conf/allow.h"
#include "conf/dot.h"
#include "conf/names.h"
#include "conf/plain.h"
#include "conf/schema.h"
#include "conf/view.h"
#include "conf/word.h"

static int
missing(const char *conf_dir, const char *name, struct errmsg *why)
{
	return errmsg_set(why, "%s: no such container (%s/%s.conf is missing)",
	    name, conf_dir, name);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* named - the containers of the command line: sorted, unique, and existing */
static int
named(const struct cli_job *job, int dir, struct names *names,
    struct errmsg *why)
{
	char file[NAMES_FILE_SIZE];
	struct stat st;
	size_t n = 0;

	names->n = (size_t)job->args;
	names->name = calloc(names->n, NAMES_SIZE);
	if (!names->name)
		return errmsg_errno(why, "list");
	for (int i = 0; i < job->args; i++) {
		names_file(job->arg[i], file);
		if (dir < 0 || fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return missing(job->conf_dir, job->arg[i], why);
		strcpy(names->name[i], job->arg[i]);
	}
	qsort(names->name, names->n, NAMES_SIZE, by_name);
	for (size_t i = 1; i < names->n; i++)
		if (strcmp(names->name[n], names->name[i]) != 0)
			memmove(names->name[++n], names->name[i], NAMES_SIZE);
	names->n = n + 1;
	return 0;
}

/* needs - is name, or its unit, in a list of units? */
static bool
needs(const struct settings *s, enum key key, const char *name)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE], unit[NAMES_SIZE + sizeof("container@.service")];

	snprintf(unit, sizeof(unit), "container@%s.service", name);
	while (rest && word_next(&rest, word) == 1)
		if (!strcmp(word, name) || !strcmp(word, unit))
			return true;
	return false;
}

/* declared - is that the file that the container is declared in? */
static bool
declared(const struct settings *s, const char *file)
{
	const char *in = s->value[KEY_DECLARED_IN];

	return in && !strcmp(in, file);
}

/* keep_needing - keep those that name a container or a file; settings may be wrong */
static void
keep_needing(struct names *names, int dir, const char *name)
{
	static struct settings s;
	char file[NAMES_FILE_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++) {
		names_file(names->name[i], file);
		(void)settings_read(&s, dir, file, file, NULL);
		if (declared(&s, name) || needs(&s, KEY_AFTER, name) ||
		    needs(&s, KEY_REQUIRES, name) ||
		    allow_names(s.value[KEY_ALLOW_FROM], name))
			memmove(names->name[n++], names->name[i], NAMES_SIZE);
	}
	names->n = n;
}

int
list_names(const struct cli_job *job, int dir, struct names *names,
    struct errmsg *why)
{
	int r = 0;

	if (job->args > 0)
		r = named(job, dir, names, why);
	else if (dir >= 0 && names_read(dir, names) < 0)
		r = errmsg_errno(why, "read %s", job->conf_dir);
	if (r == 0 && job->needing)
		keep_needing(names, dir, job->needing);
	return r;
}

static int
open_source(const struct cli_job *job, int dir, struct view_source *from,
    struct errmsg *why)
{
	from->dir = dir;
	from->conf_dir = job->conf_dir;
	from->trees = job->trees;
	if (status_open(&from->status, job->name, job->machines,
	    job->nix_state) < 0)
		return errmsg_errno(why, "ask systemd");
	return 0;
}

static int
read_one(struct view *v, const struct view_source *from, const char *name,
    struct errmsg *why)
{
	if (view_read(v, from, name) == 0)
		return 0;
	if (errno == ENOENT)
		return missing(from->conf_dir, name, why);
	return errmsg_errno(why, "%s", name);
}

static int
longest(const struct names *names)
{
	size_t wide = strlen("NAME");

	for (size_t i = 0; i < names->n; i++)
		if (strlen(names->name[i]) > wide)
			wide = strlen(names->name[i]);
	return (int)wide;
}

/* The state and the form of a list. */
struct list {
	const struct cli_job *job;
	FILE *to;
	struct dot dot;
	int wide;
	size_t n;		/* containers so far */
};

static void
begin(struct list *l, const struct names *names)
{
	if (l->job->json)
		putc('[', l->to);
	else if (l->job->dot)
		dot_begin(&l->dot, l->to);
	else if (names->n > 0 && !l->job->full)
		plain_head(l->to, l->wide);
}

static void
print(struct list *l, const struct view *v)
{
	if (l->job->json) {
		fputs(l->n > 0 ? ",\n " : "", l->to);
		schema_write(l->to, v);
	} else if (l->job->dot) {
		dot_container(&l->dot, v);
	} else if (l->job->full) {
		if (l->n > 0)
			putc('\n', l->to);
		plain_all(l->to, v);
	} else {
		plain_row(l->to, l->wide, v);
	}
	l->n++;
}

static int
end(struct list *l, struct errmsg *why)
{
	if (l->job->json)
		fputs("]\n", l->to);
	else if (l->job->dot && dot_end(&l->dot) < 0)
		return errmsg_errno(why, "draw");
	return 0;
}

/* print_all - print all; a container removed meanwhile is left out */
static int
print_all(struct list *l, const struct view_source *from,
    const struct names *names, struct errmsg *why)
{
	static struct view v;

	begin(l, names);
	for (size_t i = 0; i < names->n; i++) {
		if (view_read(&v, from, names->name[i]) == 0)
			print(l, &v);
		else if (errno != ENOENT)
			return errmsg_errno(why, "%s", names->name[i]);
	}
	return end(l, why);
}

static void
print_names(FILE *to, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		fputs(names->name[i], to);
		putc('\n', to);
	}
}

static int
print_views(const struct cli_job *job, int dir, const struct names *names,
    FILE *to, struct errmsg *why)
{
	struct list l = { .job = job, .to = to, .wide = longest(names) };
	struct view_source from;
	int r;

	if (open_source(job, dir, &from, why) < 0)
		return -1;
	r = print_all(&l, &from, names, why);
	status_close(&from.status);
	return r;
}

static int
print_list(const struct cli_job *job, int dir, FILE *to, struct errmsg *why)
{
	struct names names = { NULL, 0 };
	int r = list_names(job, dir, &names, why);

	if (r == 0 && (job->json || job->table || job->dot || job->full))
		r = print_views(job, dir, &names, to, why);
	else if (r == 0)
		print_names(to, &names);
	names_free(&names);
	return r;
}

static int
print_one(const struct cli_job *job, int dir, FILE *to, struct errmsg *why)
{
	static struct view v;
	struct view_source from;
	int r;

	if (dir < 0)
		return missing(job->conf_dir, job->name, why);
	if (open_source(job, dir, &from, why) < 0)
		return -1;
	r = read_one(&v, &from, job->name, why);
	if (r == 0 && job->json) {
		schema_write(to, &v);
		putc('\n', to);
	} else if (r == 0) {
		plain_all(to, &v);
	}
	status_close(&from.status);
	return r;
}

int
list_print(const struct cli_job *job, FILE *to, struct errmsg *why)
{
	auto_close int dir = open(job->conf_dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno != ENOENT)
		return errmsg_errno(why, "open %s", job->conf_dir);
	if (job->name)
		return print_one(job, dir, to, why);
	return print_list(job, dir, to, why);
}
