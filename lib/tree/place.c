/* SPDX-License-Identifier: MIT */
/* place.c - where a copy goes */
#include "tree/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "tree/inroot.h"

int
place_split(struct place *p, const char *path, struct errmsg *why)
{
	size_t end = strlen(path), begin;

	while (end > 0 && path[end - 1] == '/')
		end--;
	begin = end;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	if (begin >= sizeof(p->above) || end - begin >= sizeof(p->name)) {
		errno = ENAMETOOLONG;
		return errmsg_errno(why, "%s", path);
	}
	snprintf(p->above, sizeof(p->above), "%.*s", (int)begin, path);
	if (begin == 0)
		strcpy(p->above, ".");
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(end - begin),
	    path + begin);
	if (*p->name && strcmp(p->name, ".") != 0 && strcmp(p->name, "..") != 0)
		return 0;
	errno = EINVAL;
	return errmsg_set(why, "no name at the end of the path: %s", path);
}

const char *
place_tail(const char *path)
{
	const size_t most = 120;
	size_t n = strlen(path);

	return n > most ? path + n - most : path;
}

int
place_dir(int top, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	if (top < 0)
		return open(path, flags);
	return inroot_open(top, path, flags, INROOT_LINKS);
}

int
place_find(int top, const char *from, const char *to, bool is_dir, struct place *p,
    struct errmsg *why)
{
	auto_close int dir = place_dir(top, to);
	size_t n = strlen(to);

	p->name[0] = '\0';
	if (dir >= 0) {
		if (from && place_split(p, from, why) < 0)
			return -1;
		return fd_take(&dir);
	}
	if (errno == ENOENT && !is_dir && n > 0 && to[n - 1] == '/')
		errno = ENOTDIR;
	else if (errno == ENOENT || errno == ENOTDIR)
		errno = 0;
	if (errno)
		return errmsg_errno(why, "open %s", to);
	if (place_split(p, to, why) < 0)
		return -1;
	dir = place_dir(top, p->above);
	if (dir < 0)
		return errmsg_errno(why, "open %s", p->above);
	return fd_take(&dir);
}
