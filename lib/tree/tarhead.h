/* SPDX-License-Identifier: MIT */
#ifndef TREE_TARHEAD_H
#define TREE_TARHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A header of a tar, and the block behind it of a sparse file of GNU's. */
struct tarhead {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type,
	    link[100], rest[225], extended, unused[29];
};

/* tarhead_empty - a block of zeros, such as marks the end */
bool tarhead_empty(const unsigned char *block);

/* tarhead_valid - does the sum of the block fit? */
bool tarhead_valid(const unsigned char *block);

/*
 * tarhead_size - the number in the field of the size, in bytes
 *
 * Octal digits, or GNU's binary form.  Returns -1 if it is not a number, is
 * negative, or is above 2^62.
 */
int64_t tarhead_size(const unsigned char *block);

/*
 * tarhead_unshift - bring the IDs of the owner into the range of a container
 *
 * Of an ID above 65535 the low 16 bits stay: systemd-nspawn shifts those of a container
 * by a multiple of 65536.  A field that is no number stays as it is.
 */
void tarhead_unshift(unsigned char *block);

/* tarhead_octal - the number in a field of n bytes, or -1 if it is none */
int64_t tarhead_octal(const char *field, size_t n);

/* tarhead_decimal - the number that the n bytes are, or -1 if they are none */
int64_t tarhead_decimal(const char *text, size_t n);

/* A record of a pax header; neither part ends with a zero byte. */
struct tarhead_record {
	const char *key, *value;
	size_t key_n, n;
};

/*
 * tarhead_record - read the first of the records at *text, n bytes in all
 *
 * *text and *n become what follows it.  Returns 1; 0 at their end; or -1 if that is
 * not a record.
 */
int tarhead_record(const char **text, size_t *n, struct tarhead_record *r);

/* tarhead_is - is this the key of the record? */
bool tarhead_is(const struct tarhead_record *r, const char *key);

/* What the records of a pax header say, as far as it matters here. */
struct tarhead_pax {
	bool comment_only;	/* no record but comments */
	int64_t size;		/* of the entry, or -1 if no record says it */
};

/* tarhead_pax - read the n bytes of records; -1 if they are not such */
int tarhead_pax(const char *text, size_t n, struct tarhead_pax *pax);

/* tarhead_pax_unshift - the same as tarhead_unshift, of records that were read */
void tarhead_pax_unshift(char *text, size_t n);

#endif
