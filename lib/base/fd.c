/* SPDX-License-Identifier: MIT */
/* fd.c - whole reads and writes on a descriptor */
#define _GNU_SOURCE
#include "base/fd.h"

#include <fcntl.h>

int
fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
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
