/* SPDX-License-Identifier: MIT */
#ifndef TREE_TARREAD_H
#define TREE_TARREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/errmsg.h"

enum { TARREAD_BUFFER = 128 * 512, TARREAD_TEXT = 1 << 20 };

/* An entry of a tar.  Nothing in it is to be trusted. */
struct tarread_entry {
	/* '0': file; '1': hard link; '2': symbolic link; '5': directory; others: skip */
	char type;
	const char *path, *link;	/* valid until the next entry */
	mode_t mode;			/* permissions alone */
	struct timespec mtime;
	int64_t size;			/* of the file, with its holes */
	bool sparse;			/* its data begin with a map, see tree/sparse.h */
};

/* A tar that is being read, by one process; begins with all zero but for in. */
struct tarread {
	int in;			/* of the caller; read to its end */
	size_t from, to;	/* what is in buf and not used yet */
	bool any;		/* a header was seen */
	bool over;		/* the mark of the end was */
	bool cut;		/* the input ended before */
	int64_t left;		/* bytes of the entry's data, not read yet */
	int64_t fill;		/* and of what fills its last block */
	struct tarread_entry entry;
	char path[257], link[101];	/* of its header */
	size_t n_pax;
	size_t n_path, n_link;	/* 0: none */
	unsigned char buf[TARREAD_BUFFER];
	/* each ends with a zero byte, of one entry */
	char pax[TARREAD_TEXT + 1], long_path[TARREAD_TEXT + 1],
	    long_link[TARREAD_TEXT + 1];
};

/*
 * tarread_next - read the next header; data that were not read are skipped
 *
 * The formats are v7, ustar, pax, and GNU's but for its sparse files other than of
 * format 1.0.  Returns 1 with t->entry; 0 at the end of the tar, when the input has
 * ended, too; or -1 and why.
 */
int tarread_next(struct tarread *t, struct errmsg *why);

/*
 * tarread_part - the next bytes of the entry's data, at most max
 *
 * *data stays valid until the next call.  Returns their number; 0 at the end of the
 * data; or -1 and why.
 */
ssize_t tarread_part(struct tarread *t, const unsigned char **data, int64_t max,
    struct errmsg *why);

/*
 * tarread_attributes - call take for each extended attribute of the entry
 *
 * name: valid during the call.  Returns 0, or -1 if take did.
 */
int tarread_attributes(const struct tarread *t, int (*take)(void *arg, const char *name,
    const void *value, size_t n), void *arg);

#endif
