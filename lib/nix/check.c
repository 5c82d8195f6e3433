/* SPDX-License-Identifier: MIT */
/* check.c - is what the generations lead to still there, and whole? */
#define _GNU_SOURCE
#include "nix/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "nix/report.h"
#include "nix/storepath.h"
#include "nix/validity.h"

/* store - the store paths that generations lead to, and whose they are */
struct store {
	char **path;
	size_t *of;
	bool *bad;
	size_t n;
};

static void
complain(uint32_t number, const char *what, const char *target)
{
	printf("%4" PRIu32 "   %-16s   ", number, what);
	report_print(target, false);
	putchar('\n');
}

/*
 * look - what can be seen of a target; name is that of its store path, if any
 *
 * The text is the container's: what it names is looked at, nothing is opened,
 * and nothing mounted for it.
 */
static const char *
look(const char *target, char *name)
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
note(struct store *s, size_t i, const char *name)
{
	if (asprintf(&s->path[s->n], "%s/%s", storepath_store(), name) < 0)
		return -1;
	s->of[s->n++] = i;
	return 0;
}

/* look_all - the first round: how many are bad; the others go to s */
static int
look_all(int dir, const struct profile *p, struct store *s)
{
	char target[PATH_MAX], name[STOREPATH_NAME];
	int bad = 0;

	for (size_t i = 0; i < p->n; i++) {
		const char *what;

		if (profile_target(dir, p->gen[i].number, target,
		    sizeof(target)) < 0)
			continue;	/* it has been removed meanwhile */
		if ((what = look(target, name))) {
			complain(p->gen[i].number, what, target);
			bad++;
		} else if (*name && note(s, i, name) < 0) {
			return -1;
		}
	}
	return bad;
}

/* request_all - the second round: what Nix says of them */
static int
request_all(const struct profile *p, struct store *s, bool *asked, struct errmsg *why)
{
	int bad = 0;

	if (s->n > 0 && validity_ask(s->path, s->n, s->bad) < 0) {
		if (errno != ENOENT)
			return errmsg_errno(why, "ask nix-store");
		*asked = false;
		return 0;
	}
	for (size_t k = 0; k < s->n; k++) {
		if (!s->bad[k])
			continue;
		complain(p->gen[s->of[k]].number, "not valid", s->path[k]);
		bad++;
	}
	return bad;
}

int
check_generations(int dir, const struct profile *p, bool *asked, struct errmsg *why)
{
	struct store s = {
		.path = calloc(p->n + 1, sizeof(*s.path)),
		.of = calloc(p->n + 1, sizeof(*s.of)),
		.bad = calloc(p->n + 1, sizeof(*s.bad)),
	};
	int seen = -1, told = 0;

	*asked = true;
	if (s.path && s.of && s.bad)
		seen = look_all(dir, p, &s);
	if (seen < 0)
		(void)errmsg_errno(why, "look at the generations");
	else
		told = request_all(p, &s, asked, why);
	while (s.n > 0)
		free(s.path[--s.n]);
	free(s.path);
	free(s.of);
	free(s.bad);
	return seen < 0 || told < 0 ? -1 : seen + told;
}
