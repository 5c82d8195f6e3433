/* SPDX-License-Identifier: MIT */
/* archive.c - a tar on its way from somebody else to tar(1) */
#include "tree/archive.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/tarhead.h"

enum { BLOCK = ARCHIVE_BLOCK, BUFFER = 128 * BLOCK, HELD = 1024 * BLOCK };

struct filter {
	int in, out;
	struct archive_limit left;
	struct archive_result result;
	size_t from, to;	/* what is in get and not used yet */
	size_t n;		/* bytes in put */
	size_t n_held;		/* bytes in held */
	int64_t size;		/* of the next entry by its pax header, or -1 */
	bool any;		/* a header was seen */
	unsigned char get[BUFFER], put[BUFFER];
	/* Headers that belong to the next one, which may be left out. */
	unsigned char held[HELD];
};

static int
stop(struct filter *f, enum archive_fault fault)
{
	f->result.fault = fault;
	f->result.error = errno;
	return -1;
}

static int
flush(struct filter *f)
{
	size_t n = f->n;

	f->n = 0;
	if (fd_write_all(f->out, f->put, n) < 0)
		return stop(f, ARCHIVE_WRITE);
	return 0;
}

/* put - what is large is not copied */
static int
put(struct filter *f, const unsigned char *data, size_t n)
{
	if (n > BUFFER - f->n && flush(f) < 0)
		return -1;
	if (n > BUFFER / 2) {
		if (flush(f) < 0)
			return -1;
		if (fd_write_all(f->out, data, n) < 0)
			return stop(f, ARCHIVE_WRITE);
		return 0;
	}
	memcpy(f->put + f->n, data, n);
	f->n += n;
	return 0;
}

/* fill - have at least one block in get; 0 at the end, with less than one */
static int
fill(struct filter *f)
{
	if (f->to - f->from >= BLOCK)
		return 1;
	memmove(f->get, f->get + f->from, f->to - f->from);
	f->to -= f->from;
	f->from = 0;
	while (f->to < BLOCK) {
		ssize_t n = read(f->in, f->get + f->to, BUFFER - f->to);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return stop(f, ARCHIVE_READ);
		if (n > 0)
			f->to += (size_t)n;
	}
	return 1;
}

/* next - a block that stays valid until the next call; NULL: stopped */
static unsigned char *
next(struct filter *f)
{
	int there = fill(f);

	if (there == 0)
		stop(f, ARCHIVE_CUT);
	if (there <= 0)
		return NULL;
	f->from += BLOCK;
	return f->get + f->from - BLOCK;
}

static int64_t
blocks(int64_t bytes)
{
	return bytes / BLOCK + (bytes % BLOCK != 0);
}

/* pass - copy this many blocks */
static int
pass(struct filter *f, int64_t n)
{
	while (n > 0) {
		int64_t ready;

		if (fill(f) <= 0)
			return f->result.fault ? -1 : stop(f, ARCHIVE_CUT);
		ready = (int64_t)(f->to - f->from) / BLOCK;
		if (ready > n)
			ready = n;
		if (put(f, f->get + f->from, (size_t)ready * BLOCK) < 0)
			return -1;
		f->from += (size_t)ready * BLOCK;
		n -= ready;
	}
	return 0;
}

static int
hold(struct filter *f, const unsigned char *block)
{
	if (f->n_held == HELD)
		return stop(f, ARCHIVE_LONG);
	memcpy(f->held + f->n_held, block, BLOCK);
	f->n_held += BLOCK;
	return 0;
}

/* hold_all - a header and its data; *data: where that begins */
static int
hold_all(struct filter *f, const unsigned char *header, int64_t size,
    char **data)
{
	if (hold(f, header) < 0)
		return -1;
	*data = (char *)f->held + f->n_held;
	for (int64_t n = blocks(size); n > 0; n--) {
		const unsigned char *block = next(f);

		if (!block || hold(f, block) < 0)
			return -1;
	}
	return 0;
}

/* take_records - a pax header of the next entry, or of all that follow */
static int
take_records(struct filter *f, const unsigned char *header, bool global)
{
	int64_t size = tarhead_size(header);
	size_t before = f->n_held;
	struct tarhead_pax pax;
	char *data;

	if (size < 0)
		return stop(f, ARCHIVE_DAMAGED);
	if (hold_all(f, header, size, &data) < 0)
		return -1;
	if (tarhead_pax(data, (size_t)size, &pax) < 0)
		return stop(f, ARCHIVE_DAMAGED);
	if (global && !pax.comment_only)
		return stop(f, ARCHIVE_KIND);
	if (f->left.unshift)
		tarhead_pax_unshift(data, (size_t)size);
	if (global)
		f->n_held = before;
	else if (pax.size >= 0)
		f->size = pax.size;
	return 0;
}

/* take_name - a long name of GNU's */
static int
take_name(struct filter *f, const unsigned char *header)
{
	int64_t size = tarhead_size(header);
	char *data;

	if (size < 0)
		return stop(f, ARCHIVE_DAMAGED);
	return hold_all(f, header, size, &data);
}

/* count - an entry with contents of that size */
static int
count(struct filter *f, int64_t size)
{
	if (f->left.files-- <= 0)
		return stop(f, ARCHIVE_FILES);
	if (size > f->left.bytes)
		return stop(f, ARCHIVE_BYTES);
	f->left.bytes -= size;
	return 0;
}

/* pass_map - the further blocks of the map of a sparse file */
static int
pass_map(struct filter *f, bool more)
{
	while (more) {
		const unsigned char *block = next(f);

		if (!block || put(f, block, BLOCK) < 0)
			return -1;
		more = block[504];
	}
	return 0;
}

/* pass_entry - what was held for it, its header, and its data */
static int
pass_entry(struct filter *f, unsigned char *header, bool data)
{
	const struct tarhead *h = (const struct tarhead *)header;
	int64_t size = f->size >= 0 ? f->size : tarhead_size(header);
	bool map = h->type == 'S' && h->extended;

	if (f->left.unshift)
		tarhead_unshift(header);
	if (!data)
		size = 0;
	if (size < 0)
		return stop(f, ARCHIVE_DAMAGED);
	if (count(f, size) < 0 || put(f, f->held, f->n_held) < 0 ||
	    put(f, header, BLOCK) < 0 || pass_map(f, map) < 0 ||
	    pass(f, blocks(size)) < 0)
		return -1;
	f->n_held = 0;
	f->size = -1;
	return 0;
}

static int
drop_entry(struct filter *f)
{
	f->n_held = 0;
	f->size = -1;
	return 0;
}

static int
take(struct filter *f, unsigned char *header)
{
	switch (((const struct tarhead *)header)->type) {
	case 'x': return take_records(f, header, false);
	case 'g': return take_records(f, header, true);
	case 'L':
	case 'K': return take_name(f, header);
	case '3':
	case '4':
		f->result.devices++;
		return drop_entry(f);
	case 'V': return drop_entry(f);		/* a label of GNU's */
	case '1':		/* links, directories and FIFOs have no data */
	case '2':
	case '5':
	case '6': return pass_entry(f, header, false);
	case '\0':
	case '0':
	case '7':
	case 'S': return pass_entry(f, header, true);
	default: return stop(f, ARCHIVE_KIND);
	}
}

/* end - the mark of the end, and an end to whatever writes more */
static int
end(struct filter *f)
{
	static const unsigned char zeros[2 * BLOCK];

	if (f->n_held > 0)
		return stop(f, ARCHIVE_DAMAGED);
	if (put(f, zeros, sizeof(zeros)) < 0 || flush(f) < 0)
		return -1;
	do {
		f->from = f->to = 0;
	} while (fill(f) > 0);
	return f->result.fault ? -1 : 0;
}

/* step - one header and what belongs to it; 1: go on */
static int
step(struct filter *f)
{
	unsigned char *block;

	if (!f->any && fill(f) == 0)
		return stop(f, f->to ? ARCHIVE_FOREIGN : ARCHIVE_EMPTY);
	block = next(f);
	if (!block)
		return -1;
	if (f->any && tarhead_empty(block))
		return end(f);
	if (!tarhead_valid(block))
		return stop(f, f->any ? ARCHIVE_DAMAGED : ARCHIVE_FOREIGN);
	f->any = true;
	return take(f, block) < 0 ? -1 : 1;
}

struct archive_result
archive_filter(int in, int out, const void *head, size_t n,
    const struct archive_limit *limit)
{
	static struct filter f;

	f.in = in;
	f.out = out;
	f.left = *limit;
	f.result = (struct archive_result){ ARCHIVE_WHOLE, 0, 0 };
	memcpy(f.get, head, n);
	f.from = 0;
	f.to = n;
	f.n = f.n_held = 0;
	f.size = -1;
	f.any = false;
	while (step(&f) > 0)
		;
	return f.result;
}
