/* SPDX-License-Identifier: MIT */
/* userfile.c - users by /etc/passwd and /etc/group alone, if that will do */
#define _GNU_SOURCE
#include "console/userfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* For glibc, these files may not be the only source, nor the first. */
#ifdef __GLIBC__
enum { OURS = false };
#else
enum { OURS = true };
#endif

static char text[16384];	/* of the file that was read last */

/* load - a whole file; NULL if it is not there, or long */
static char *
load(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_max(fd, text, sizeof(text));

	if (n < 0 || n == (ssize_t)sizeof(text))
		return NULL;
	text[n] = '\0';
	return text;
}

/* split - the n fields of a line; false if there are not so many */
static bool
split(char *line, char **field, int n)
{
	for (int i = 0; i < n; i++)
		if (!(field[i] = strsep(&line, ":")))
			return false;
	return !line;
}

static bool
number(const char *s, unsigned *v)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	*v = (unsigned)n;
	return *s >= '0' && *s <= '9' && !*end && n < (unsigned)-1;
}

bool
userfile_passwd(const char *user, struct passwd *pw)
{
	char *p = OURS ? load("/etc/passwd") : NULL, *line, *f[7];

	while ((line = strsep(&p, "\n"))) {
		if (!split(line, f, 7) || strcmp(f[0], user) != 0)
			continue;
		*pw = (struct passwd){ .pw_name = f[0], .pw_dir = f[5],
		    .pw_shell = f[6] };
		return number(f[2], &pw->pw_uid) && number(f[3], &pw->pw_gid);
	}
	return false;
}

/* names - is the user in this list, which commas part? */
static bool
names(char *list, const char *user)
{
	char *name;

	while ((name = strsep(&list, ",")))
		if (!strcmp(name, user))
			return true;
	return false;
}

int
userfile_groups(const char *user, gid_t gid, gid_t *groups, int max)
{
	char *p, *line, *f[4];
	int n = 0;

	/* It knows of groups that are in no file. */
	if (!OURS || access("/var/run/nscd/socket", F_OK) == 0 ||
	    !(p = load("/etc/group")))
		return -1;
	if (n++ < max)
		groups[0] = gid;
	while ((line = strsep(&p, "\n"))) {
		gid_t other;

		if (!split(line, f, 4) || !number(f[2], &other) ||
		    other == gid || !names(f[3], user))
			continue;
		if (n++ < max)
			groups[n - 1] = other;
	}
	return n;
}
