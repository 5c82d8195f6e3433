/* SPDX-License-Identifier: MIT */
#ifndef TREE_ARCHIVE_H
#define TREE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_BLOCK = 512 };

/* Why an archive was not passed on to its end. */
enum archive_fault {
	ARCHIVE_WHOLE,		/* it was */
	ARCHIVE_EMPTY,		/* no byte came */
	ARCHIVE_FOREIGN,	/* the first block is no header of a tar */
	ARCHIVE_DAMAGED,	/* a header is not one, or contradicts itself */
	ARCHIVE_CUT,		/* the end came before the mark of the end */
	ARCHIVE_KIND,		/* an entry of a kind that is not supported */
	ARCHIVE_LONG,		/* a name or an attribute is too long */
	ARCHIVE_BYTES,		/* more bytes than the limit */
	ARCHIVE_FILES,		/* more files than the limit */
	ARCHIVE_READ,		/* a call failed: error is its errno */
	ARCHIVE_WRITE,
};

struct archive_result {
	enum archive_fault fault;
	int error;
	uint64_t devices;	/* left out */
};

struct archive_limit {
	int64_t bytes;		/* of the contents of files; holes are not counted */
	int64_t files;		/* entries of any kind */
	bool unshift;		/* the owners, see tree/tarhead.h */
};

/*
 * archive_filter - copy a tar from in to out, without its device nodes
 *
 * head: the first n bytes, at most ARCHIVE_BLOCK, which were read from in before.
 * Reads in to its end.  The formats are v7, ustar, pax and GNU's, sparse files
 * too.  Global pax headers with anything but a comment are an error, as are
 * multi-volume and incremental archives.  It calls read(2) and write(2) only, and
 * uses no heap: a process in seccomp(2)'s strict mode may call it.  Not to be
 * called twice at once.
 * Source: POSIX pax, "pax Interchange Format"; GNU tar, "Basic Tar Format".
 */
struct archive_result archive_filter(int in, int out, const void *head, size_t n,
    const struct archive_limit *limit);

#endif
