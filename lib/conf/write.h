/* SPDX-License-Identifier: MIT */
#ifndef CONF_WRITE_H
#define CONF_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/errmsg.h"
#include "conf/key.h"

/* What a key shall be. */
struct change {
	enum key key;
	const char *value;	/* NULL: not set; without control characters */
};

/*
 * write_change - make the changes in the text of a file
 *
 * What else is in the text stays: comments, order, lines that are wrong.  A key
 * that is there stays in its place, another comes last; of a key that is there
 * twice one is left.  old is used up, and old[size] must be writable.  new has
 * room for ENVFILE_MAX + 1 bytes.  Returns the size of the new text, or -1 with
 * errno EFBIG.
 */
ssize_t write_change(char *old, size_t size, const struct change *change,
    int n, char *new);

/*
 * write_file - put a text in the place of a file beneath a directory
 *
 * With new, the file must not exist.  Readers of the file see the old or the
 * new one, whole; mode and owner stay.  A link and a file that nobody may write belong to the configuration of
 * the host, and are refused.  Two at once need a lock.  Returns 0, or -1 with
 * errno and why; EEXIST: it exists; EPERM: it belongs to the host's configuration.
 */
int write_file(int dir, const char *file, bool new, const char *text,
    size_t size, struct errmsg *why);

#endif
