/* SPDX-License-Identifier: MIT */
/* hostfile.c - files of the host, of any kind */
#define _GNU_SOURCE
#include "tree/hostfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

int
hostfile_own(const char *file, int dash, struct errmsg *why)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	static const char *const names[] = { "/dev/stdin", "/dev/stdout",
	    "/dev/stderr" };
	int fd = HOSTFILE_NONE;

	if (!strcmp(file, "-"))
		fd = dash;
	for (int i = 0; i < 3; i++)
		if (!strcmp(file, names[i]))
			fd = i;
	for (int i = 0; i < 2; i++) {
		const char *number = file + strlen(dirs[i]);

		if (!strncmp(file, dirs[i], strlen(dirs[i])) && *number &&
		    strspn(number, "0123456789") == strlen(number))
			fd = atoi(number);
	}
	if (fd >= 0 && fcntl(fd, F_GETFD) < 0) {
		errmsg_errno(why, "%s", file);
		return HOSTFILE_FAILED;
	}
	return fd;
}

int
hostfile_source(const char *file, bool *stream, struct errmsg *why)
{
	auto_close int node = open(file, O_PATH | O_CLOEXEC);
	struct stat st;
	int fd;

	if (node < 0 || fstat(node, &st) < 0)
		return errmsg_errno(why, "open %s", file);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return fd_take(&node);
	*stream = true;
	fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? errmsg_errno(why, "open %s", file) : fd;
}

int
hostfile_special(const char *file, struct errmsg *why)
{
	int fd, flags = O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC;
	struct stat st;

	if (lstat(file, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return HOSTFILE_NONE;
	if (stat(file, &st) < 0)
		flags |= O_CREAT;
	else if (S_ISDIR(st.st_mode))
		return HOSTFILE_NONE;
	fd = open(file, flags, 0666);
	if (fd >= 0)
		return fd;
	errmsg_errno(why, "open %s", file);
	return HOSTFILE_FAILED;
}
