/* SPDX-License-Identifier: MIT */
/* lock.c - a lock for each container */
#define _GNU_SOURCE
#include "net/lock.h"

#include <fcntl.h>

#include "base/fd.h"
#include "net/hash.h"

int
lock_name(const char *name)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_start = (off_t)(hash_64(name) >> 2),
		.l_len = 1,
	};
	auto_close int fd = -1;

	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	while (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
		if (errno != EINTR)
			return -1;
	return fd_take(&fd);
}
