/* SPDX-License-Identifier: MIT */
#ifndef TREE_TARMAKE_H
#define TREE_TARMAKE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum { TARMAKE_BUFFER = 128 * 512, TARMAKE_RECORDS = 1 << 20 };

/* A tar that is being written; begins with all zero but for out. */
struct tarmake {
	int out;		/* of the caller */
	size_t n;		/* bytes in buf */
	size_t n_records;	/* bytes in records */
	int64_t size;		/* bytes of the entry so far */
	unsigned char buf[TARMAKE_BUFFER];
	char records[TARMAKE_RECORDS];	/* pax header of the next entry */
};

/*
 * tarmake_record - add a record to the pax header of the next entry
 *
 * Returns 0, or -1 with errno E2BIG: the header is full, and has no part of it.
 */
int tarmake_record(struct tarmake *t, const char *key, const void *value, size_t n);

/*
 * tarmake_entry - the header of an entry
 *
 * type: as in a tar.  st: mode, owner and times.  size: of its data, which follow with
 * tarmake_data.  path, link: of any length; link is "" unless the type has one.
 * Returns 0, or -1 with errno.
 * Source: POSIX pax, "pax Interchange Format".
 */
int tarmake_entry(struct tarmake *t, char type, const struct stat *st, int64_t size,
    const char *path, const char *link);

int tarmake_data(struct tarmake *t, const void *data, size_t n);

/* tarmake_end_data - fill up the last block; the data are complete */
int tarmake_end_data(struct tarmake *t);

/* tarmake_end - write the mark of the end, and all that is in the buffer */
int tarmake_end(struct tarmake *t);

#endif
