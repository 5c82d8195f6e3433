/* SPDX-License-Identifier: MIT */
/* proc.c - what /proc tells of a process */
#define _GNU_SOURCE
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

size_t
proc_read(pid_t pid, const char *name, char *text, size_t size)
{
	auto_close int fd = -1;
	char path[80];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = fd_read_max(fd, text, size - 1);
	if (n < 0)
		return 0;
	text[n] = '\0';
	return (size_t)n;
}

const char *
proc_line(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? at + strlen(name) : "";
}

pid_t
proc_parent(const char *status)
{
	return (pid_t)strtol(proc_line(status, "\nPPid:"), NULL, 10);
}

bool
proc_first(const char *status)
{
	const char *pids = proc_line(status, "\nNSpid:");
	const char *end = strchr(pids, '\n');

	return end && end - pids > 2 && end[-1] == '1' && end[-2] == '\t';
}

int
proc_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool
proc_alive(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 ||
	    errno == EPERM;
}
