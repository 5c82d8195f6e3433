/* SPDX-License-Identifier: MIT */
#ifndef CONF_WRITE_H
#define CONF_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/errmsg.h"
#include "conf/key.h"

/* The new value of a key. */
struct change {
	enum key key;
	const char *value;	/* NULL: not set; without control characters */
};

/*
 * write_change - make the changes in the text of a file
 *
 * The rest of the text stays: comments, order, wrong lines.  An existing key keeps
 * its place, a new one comes last; of a key given twice one is left.  old is
 * overwritten, and old[size] must be writable.  new has space for ENVFILE_MAX + 1
 * bytes.  Returns the size of the new text, or -1 with
 * errno EFBIG.
 */
ssize_t write_change(char *old, size_t size, const struct change *change,
    int n, char *new);

/*
 * write_file - replace a file beneath a directory, atomically
 *
 * With new, the file must not exist.  Mode and owner stay.  A link, and a file
 * without write permission, are managed by the host's configuration, and refused.
 * Concurrent calls need a lock.  Returns 0, or -1 with errno and why; EEXIST: it
 * exists; EPERM: it is managed by the host's configuration.
 */
int write_file(int dir, const char *file, bool new, const char *text,
    size_t size, struct errmsg *why);

#endif
