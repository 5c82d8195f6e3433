/* SPDX-License-Identifier: MIT */
/*
 * profile.c - a directory of generations, written by a container's root
 *
 * The input has a line for each entry: its name, and after a tab the target of
 * a link.  An entry without target is a directory if its name ends in a slash,
 * else a file.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "nix/profile.h"

static void
make(int dir, char *line)
{
	char *to = strchr(line, '\t');
	size_t n;

	if (to)
		*to++ = '\0';
	n = strlen(line);
	if (n > 0 && line[n - 1] == '/') {
		line[n - 1] = '\0';
		to = NULL;
	}
	if (!*line || strchr(line, '/') || strlen(line) > NAME_MAX)
		return;
	if (to)
		(void)!symlinkat(to, dir, line);
	else if (line[n - 1] == '\0')
		(void)!mkdirat(dir, line, 0700);
	else
		(void)!mknodat(dir, line, S_IFREG | 0600, 0);
}

static void
clear(int dir)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *e;

	fuzz_must(d);
	while ((e = readdir(d)))
		if (unlinkat(dir, e->d_name, 0) < 0)
			(void)unlinkat(dir, e->d_name, AT_REMOVEDIR);
	closedir(d);
}

static void
check(int dir, const struct profile *p)
{
	char target[64];

	fuzz_must(p->current < 0 || profile_find(p, p->current));
	for (size_t i = 0; i < p->n; i++) {
		ssize_t n = profile_target(dir, p->entry[i].number, target,
		    sizeof(target));

		fuzz_must(i == 0 || p->entry[i].number > p->entry[i - 1].number);
		fuzz_must(p->entry[i].number <= p->highest);
		fuzz_must(n > 0 && target[n] == '\0');
	}
}

/* change - add a generation, then make it current */
static void
change(int dir, struct profile *p)
{
	static const char to[] = "/nix/store/x";
	char target[PATH_MAX];
	uint32_t number;

	if (profile_add(dir, p, to, &number) < 0) {
		fuzz_must(errno == EOVERFLOW || errno == EEXIST);
		return;
	}
	fuzz_must(profile_target(dir, number, target, sizeof(target)) > 0);
	fuzz_must(!strcmp(target, to));
	if (profile_switch(dir, number) < 0) {
		fuzz_must(errno == EISDIR || errno == ENOTEMPTY);
		return;
	}
	profile_free(p);
	fuzz_must(profile_read(dir, p) == 0);
	fuzz_must(p->current == number);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = fuzz_text(data, size), *rest = all, *line;
	struct profile p;
	int dir;

	fuzz_dir();
	dir = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_must(dir >= 0);
	while ((line = strsep(&rest, "\n")))
		make(dir, line);
	fuzz_must(profile_read(dir, &p) == 0);
	check(dir, &p);
	change(dir, &p);
	profile_free(&p);
	clear(dir);
	close(dir);
	free(all);
	return 0;
}
