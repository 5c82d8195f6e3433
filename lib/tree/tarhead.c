/* SPDX-License-Identifier: MIT */
/* tarhead.c - headers of a tar.  No function calls the kernel. */
#include "tree/tarhead.h"

#include <string.h>

enum { BLOCK = sizeof(struct tarhead), ID_MAX = 65535 };
_Static_assert(BLOCK == 512, "the size of a block");

static const int64_t most = (int64_t)1 << 62;

bool
tarhead_empty(const unsigned char *block)
{
	for (int i = 0; i < BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* Blanks may surround it. */
int64_t
tarhead_octal(const char *field, size_t n)
{
	int64_t value = 0;
	size_t i = 0;

	while (i < n && field[i] == ' ')
		i++;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++) {
		if (value > most / 8)
			return -1;
		value = value * 8 + (field[i] - '0');
	}
	for (; i < n; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return -1;
	return value;
}

/* Some old programs took bytes for signed. */
bool
tarhead_valid(const unsigned char *block)
{
	const struct tarhead *h = (const struct tarhead *)block;
	int64_t want = tarhead_octal(h->sum, sizeof(h->sum)), sum = 0, old = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		bool own = i >= offsetof(struct tarhead, sum) &&
		    i < offsetof(struct tarhead, sum) + sizeof(h->sum);
		unsigned char c = own ? ' ' : block[i];

		sum += c;
		old += (signed char)c;
	}
	return want == sum || want == old;
}

/* number - octal digits, or GNU's binary form; -1: neither, or negative */
static int64_t
number(const char *field, size_t n)
{
	const unsigned char *byte = (const unsigned char *)field;
	int64_t value = 0;

	if (!(byte[0] & 0x80))
		return tarhead_octal(field, n);
	if (byte[0] != 0x80)
		return -1;
	for (size_t i = 1; i < n; i++) {
		if (value > most / 256)
			return -1;
		value = value * 256 + byte[i];
	}
	return value;
}

int64_t
tarhead_size(const unsigned char *block)
{
	const struct tarhead *h = (const struct tarhead *)block;

	return number(h->size, sizeof(h->size));
}

/* digits - write a number with all digits that the field has space for */
static void
digits(char *field, size_t n, unsigned base, int64_t value)
{
	while (n > 0) {
		field[--n] = (char)('0' + value % base);
		value /= base;
	}
}

static void
unshift(char field[8])
{
	int64_t id = number(field, 8);

	if (id <= ID_MAX)
		return;
	digits(field, 7, 8, id & ID_MAX);
	field[7] = '\0';
}

void
tarhead_unshift(unsigned char *block)
{
	struct tarhead *h = (struct tarhead *)block;
	int64_t sum = 0;

	unshift(h->uid);
	unshift(h->gid);
	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	digits(h->sum, 6, 8, sum);
	h->sum[6] = '\0';
}

int64_t
tarhead_decimal(const char *text, size_t n)
{
	int64_t value = 0;

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || value > most / 10)
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* read_record - "KEY=VALUE\n", of n bytes */
static int
read_record(const char *text, size_t n, struct tarhead_record *r)
{
	const char *sign = memchr(text, '=', n);

	if (!sign || text[n - 1] != '\n')
		return -1;
	r->key = text;
	r->key_n = (size_t)(sign - text);
	r->value = sign + 1;
	r->n = n - r->key_n - 2;
	return 1;
}

int
tarhead_record(const char **text, size_t *n, struct tarhead_record *r)
{
	const char *blank = *n > 0 ? memchr(*text, ' ', *n) : NULL, *at = *text;
	size_t digits = blank ? (size_t)(blank - at) : 0;
	int64_t len = blank ? tarhead_decimal(at, digits) : -1;

	if (*n == 0)
		return 0;
	/* The length counts itself and its blank. */
	if (len < 0 || (uint64_t)len > *n || (size_t)len < digits + 3)
		return -1;
	*text += len;
	*n -= (size_t)len;
	return read_record(blank + 1, (size_t)len - digits - 1, r);
}

bool
tarhead_is(const struct tarhead_record *r, const char *key)
{
	return r->key_n == strlen(key) && !memcmp(r->key, key, r->key_n);
}

int
tarhead_pax(const char *text, size_t n, struct tarhead_pax *pax)
{
	struct tarhead_record r;
	int got;

	*pax = (struct tarhead_pax){ .comment_only = true, .size = -1 };
	while ((got = tarhead_record(&text, &n, &r)) > 0) {
		if (!tarhead_is(&r, "comment"))
			pax->comment_only = false;
		if (!tarhead_is(&r, "size"))
			continue;
		pax->size = tarhead_decimal(r.value, r.n);
		if (pax->size < 0)
			return -1;
	}
	return got;
}

void
tarhead_pax_unshift(char *text, size_t n)
{
	const char *rest = text;
	struct tarhead_record r;

	while (tarhead_record(&rest, &n, &r) > 0) {
		bool id = tarhead_is(&r, "uid") || tarhead_is(&r, "gid");
		int64_t value = id ? tarhead_decimal(r.value, r.n) : -1;

		if (value > ID_MAX)
			digits(text + (r.value - text), r.n, 10, value & ID_MAX);
	}
}
