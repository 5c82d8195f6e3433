/* SPDX-License-Identifier: MIT */
/* sparse.c - the map of a sparse file.  No function calls the kernel. */
#include "tree/sparse.h"

void
sparse_begin(struct sparse *s, int64_t real)
{
	s->real = real;
	s->n = 0;
	s->want = s->number = s->at = -1;
}

static int
add_part(struct sparse *s, int64_t at, int64_t size)
{
	const struct sparse_part *last = s->n > 0 ? &s->part[s->n - 1] : NULL;

	if ((last && at < last->at + last->size) || at > s->real ||
	    size > s->real - at)
		return -1;
	s->part[s->n++] = (struct sparse_part){ at, size };
	return 0;
}

/* take_number - how many parts, or half of one */
static int
take_number(struct sparse *s, int64_t value)
{
	if (value < 0)
		return -1;
	if (s->want < 0) {
		if (value > SPARSE_MAX)
			return -1;
		s->want = value;
	} else if (s->at < 0) {
		s->at = value;
	} else {
		if (add_part(s, s->at, value) < 0)
			return -1;
		s->at = -1;
	}
	return 0;
}

static int
take_digit(struct sparse *s, char c)
{
	const int64_t most = (int64_t)1 << 59;

	if (c < '0' || c > '9' || s->number > most)
		return -1;
	s->number = (s->number < 0 ? 0 : s->number * 10) + (c - '0');
	return 0;
}

int
sparse_take(struct sparse *s, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] != '\n') {
			if (take_digit(s, text[i]) < 0)
				return -1;
			continue;
		}
		if (take_number(s, s->number) < 0)
			return -1;
		s->number = -1;
		if ((int64_t)s->n == s->want)
			return 0;
	}
	return 1;
}
