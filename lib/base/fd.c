/* SPDX-License-Identifier: MIT */
/* fd.c - whole reads and writes on a descriptor */
#define _GNU_SOURCE
#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A file in /proc has no size; none that is read whole is larger. */
enum { UNSIZED = 4096 };

/* write_all - again: is the call, whose errno is set, to be repeated? */
static int
write_all(int fd, const void *buf, size_t len, bool (*again)(int fd, short events))
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && again(fd, POLLOUT))
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* interrupted - calls nothing: it may be all that a process is allowed to do */
static bool
interrupted(int fd, short events)
{
	(void)fd;
	(void)events;
	return errno == EINTR;
}

int
fd_write_all(int fd, const void *buf, size_t len)
{
	return write_all(fd, buf, len, interrupted);
}

bool
fd_wait_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return true;
	return errno == EAGAIN && (poll(&p, 1, -1) >= 0 || errno == EINTR);
}

int
fd_write_waiting(int fd, const void *buf, size_t len)
{
	return write_all(fd, buf, len, fd_wait_ready);
}

int
fd_reopen(int fd, int flags)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return open(self, flags | O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

ssize_t
fd_read_max(int fd, void *buf, size_t size)
{
	char *p = buf;
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, p + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* read_text - as fd_read_text, of a file that is open */
static char *
read_text(int fd, size_t max)
{
	struct stat st;
	size_t size;
	ssize_t n;
	char *text;

	if (fstat(fd, &st) < 0)
		return NULL;
	size = st.st_size > 0 ? (size_t)st.st_size : UNSIZED;
	if (size > max) {
		errno = EFBIG;
		return NULL;
	}
	text = malloc(size + 1);
	if (!text)
		return NULL;
	n = fd_read_max(fd, text, size);
	if (n >= 0) {
		text[n] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

char *
fd_read_text(const char *path, size_t max)
{
	auto_close int fd = open(path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		return read_text(fd, max);
	if (errno != ENOENT)
		return NULL;
	return strdup("");
}

DIR *
fd_entries(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = NULL;

	if (fd >= 0)
		d = fdopendir(fd);
	if (!d)
		fd_cleanup(&fd);
	return d;
}

int
fd_is_empty(int dir)
{
	DIR *d = fd_entries(dir);
	int n = 0;

	if (!d)
		return -1;
	while (n < 3 && readdir(d))	/* "." and ".." are always present */
		n++;
	closedir(d);
	return n < 3;
}

static void
close_span(int first, unsigned last)
{
	if ((unsigned)first <= last)
		(void)syscall(SYS_close_range, (unsigned)first, last, 0);
}

void
fd_close_above(int last)
{
	close_span(last + 1, ~0U);
}

void
fd_close_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a, null;

	if (low > 0)
		close_span(0, (unsigned)low - 1);
	if (high > low)
		close_span(low + 1, (unsigned)high - 1);
	fd_close_above(high);
	do
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (null >= 0 && null <= STDERR_FILENO);
	if (null >= 0)
		close(null);
}
