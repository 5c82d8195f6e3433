/* SPDX-License-Identifier: MIT */
/* inits.c - the first program of a tree */
#define _GNU_SOURCE
#include "tree/inits.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "tree/inroot.h"

const char *
inits_first(int top)
{
	static const char *const inits[] = { "/usr/lib/systemd/systemd",
	    "/lib/systemd/systemd", "/sbin/init" };
	struct stat st;

	for (size_t i = 0; i < sizeof(inits) / sizeof(*inits); i++) {
		auto_close int fd = inroot_open(top, inits[i], O_PATH,
		    INROOT_LINKS);

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_mode & 0111))
			return inits[i];
	}
	return NULL;
}
