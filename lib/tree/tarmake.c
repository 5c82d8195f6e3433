/* SPDX-License-Identifier: MIT */
/* tarmake.c - write a tar */
#include "tree/tarmake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "tree/tarhead.h"

enum { BLOCK = sizeof(struct tarhead) };

static int
flush(struct tarmake *t)
{
	size_t n = t->n;

	t->n = 0;
	return fd_write_waiting(t->out, t->buf, n);
}

static int
put(struct tarmake *t, const void *data, size_t n)
{
	const unsigned char *from = data;

	while (n > 0) {
		size_t part = sizeof(t->buf) - t->n;

		if (part > n)
			part = n;
		memcpy(t->buf + t->n, from, part);
		t->n += part;
		from += part;
		n -= part;
		if (t->n == sizeof(t->buf) && flush(t) < 0)
			return -1;
	}
	return 0;
}

int
tarmake_data(struct tarmake *t, const void *data, size_t n)
{
	t->size += (int64_t)n;
	return put(t, data, n);
}

int
tarmake_end_data(struct tarmake *t)
{
	static const unsigned char zeros[BLOCK];
	size_t rest = (size_t)(t->size % BLOCK);

	t->size = 0;
	return rest > 0 ? put(t, zeros, BLOCK - rest) : 0;
}

static size_t
digits(size_t n)
{
	size_t count = 1;

	while (n >= 10) {
		n /= 10;
		count++;
	}
	return count;
}

int
tarmake_record(struct tarmake *t, const char *key, const void *value, size_t n)
{
	size_t key_n = strlen(key), rest = key_n + n + 3, len;
	char *at = t->records + t->n_records;

	/* The length counts its own digits. */
	len = rest + digits(rest);
	len = rest + digits(len);
	if (len >= sizeof(t->records) - t->n_records) {
		errno = E2BIG;
		return -1;
	}
	at += sprintf(at, "%zu %s=", len, key);
	memcpy(at, value, n);
	at[n] = '\n';
	t->n_records += len;
	return 0;
}

/* octal - in a field of n bytes, with a zero byte at its end; larger is 0 */
static void
octal(char *field, size_t n, uint64_t value)
{
	if (value >> (3 * (n - 1)))
		value = 0;
	for (size_t i = n - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	field[n - 1] = '\0';
}

static int
put_header(struct tarmake *t, char type, const struct stat *st, int64_t size,
    const char *path, const char *link)
{
	struct tarhead h = { .type = type, .rest = "ustar\0" "00" };
	const unsigned char *byte = (const unsigned char *)&h;
	unsigned int sum = 0;

	memcpy(h.name, path, strnlen(path, sizeof(h.name)));
	memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	octal(h.mode, sizeof(h.mode), st->st_mode & 07777);
	octal(h.uid, sizeof(h.uid), st->st_uid);
	octal(h.gid, sizeof(h.gid), st->st_gid);
	octal(h.size, sizeof(h.size), (uint64_t)size);
	if (st->st_mtim.tv_sec > 0)
		octal(h.mtime, sizeof(h.mtime), (uint64_t)st->st_mtim.tv_sec);
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += byte[i];
	octal(h.sum, sizeof(h.sum) - 1, sum);
	return put(t, &h, sizeof(h));
}

static int
record_number(struct tarmake *t, const char *key, int64_t value)
{
	char text[24];

	return tarmake_record(t, key, text,
	    (size_t)sprintf(text, "%lld", (long long)value));
}

/* records - for all that the header has no space for */
static int
records(struct tarmake *t, const struct stat *st, int64_t size,
    const char *path, const char *link)
{
	const struct tarhead *h = NULL;
	const int64_t most_id = 07777777, most_size = 077777777777;
	char time[48];
	int n = sprintf(time, "%lld.%09ld", (long long)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec);

	if (strlen(path) > sizeof(h->name) &&
	    tarmake_record(t, "path", path, strlen(path)) < 0)
		return -1;
	if (strlen(link) > sizeof(h->link) &&
	    tarmake_record(t, "linkpath", link, strlen(link)) < 0)
		return -1;
	if (size > most_size && record_number(t, "size", size) < 0)
		return -1;
	if (st->st_uid > most_id && record_number(t, "uid", st->st_uid) < 0)
		return -1;
	if (st->st_gid > most_id && record_number(t, "gid", st->st_gid) < 0)
		return -1;
	if (st->st_mtim.tv_sec >= 0 && st->st_mtim.tv_nsec == 0)
		return 0;
	return tarmake_record(t, "mtime", time, (size_t)n);
}

int
tarmake_entry(struct tarmake *t, char type, const struct stat *st, int64_t size,
    const char *path, const char *link)
{
	if (records(t, st, size, path, link) < 0)
		return -1;
	if (t->n_records > 0) {
		const struct stat plain = { .st_mode = 0644 };

		if (put_header(t, 'x', &plain, (int64_t)t->n_records, "pax", "") < 0 ||
		    tarmake_data(t, t->records, t->n_records) < 0 ||
		    tarmake_end_data(t) < 0)
			return -1;
		t->n_records = 0;
	}
	return put_header(t, type, st, size, path, link);
}

int
tarmake_end(struct tarmake *t)
{
	static const unsigned char zeros[2 * BLOCK];

	if (put(t, zeros, sizeof(zeros)) < 0)
		return -1;
	return flush(t);
}
