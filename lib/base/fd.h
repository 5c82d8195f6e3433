/* SPDX-License-Identifier: MIT */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * auto_close - close the descriptor when the variable goes out of scope
 *
 * The variable starts as -1 or a descriptor that it owns; errno survives.
 */
#define auto_close __attribute__((cleanup(fd_cleanup)))

static inline void
fd_cleanup(int *fd)
{
	int e = errno;

	if (*fd >= 0)
		close(*fd);
	errno = e;
}

/* fd_take - hand the descriptor to a new owner; *fd becomes -1 */
static inline int
fd_take(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/*
 * fd_write_all - write len bytes, with as many calls as needed
 *
 * Retries EINTR.  Returns 0, or -1 with the errno of write(2); part of the
 * bytes may then have been written.
 */
int fd_write_all(int fd, const void *buf, size_t len);

/* fd_write_waiting - the same; waits for a descriptor that is O_NONBLOCK */
int fd_write_waiting(int fd, const void *buf, size_t len);

/*
 * fd_wait_ready - if a call on fd would have blocked, wait until it would not
 *
 * events: as for poll(2).  Returns true if the call, whose errno is set, is to be
 * repeated.
 */
bool fd_wait_ready(int fd, short events);

/*
 * fd_reopen - open the file of a descriptor again, for reading
 *
 * Not whatever has its name now.  flags are added to those of open(2).  Needs /proc.
 * Returns a descriptor that the caller owns, or -1 with errno.
 */
int fd_reopen(int fd, int flags);

/*
 * fd_read_max - read up to size bytes, until end of file
 *
 * Retries EINTR.  Returns the number of bytes, or -1 with the errno of read(2).
 * If it returns size, the file may have more.
 */
ssize_t fd_read_max(int fd, void *buf, size_t size);

/*
 * fd_read_text - read a whole file, of which a link is not followed
 *
 * Returns the text, which the caller frees, "" if the file is missing; or NULL
 * with errno: that of open(2) or read(2), ENOMEM, or EFBIG if it has more than max
 * bytes.
 */
char *fd_read_text(const char *path, size_t max);

/*
 * fd_close_but - close all descriptors except a and b, which may be the same
 *
 * For a child that may outlive its parent: a pipe of the caller's would stay
 * open.  Standard input, output and error, if closed, lead to /dev/null.  Before
 * Linux 5.9 nothing is closed.
 * Source: close_range(2).
 */
void fd_close_but(int a, int b);

/* fd_close_above - close all descriptors above last; the rest is as above */
void fd_close_above(int last);

/*
 * fd_entries - open a directory for readdir(3)
 *
 * dir stays open and keeps its position.  Returns NULL with errno.
 */
DIR *fd_entries(int dir);

/* fd_is_empty - 1 if the directory has no entries, 0, or -1 with errno */
int fd_is_empty(int dir);

#endif
