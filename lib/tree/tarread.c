/* SPDX-License-Identifier: MIT */
/* tarread.c - read a tar, whose maker is untrusted */
#include "tree/tarread.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/packer.h"
#include "tree/place.h"
#include "tree/tarhead.h"

enum { BLOCK = sizeof(struct tarhead) };

/* What may follow the end, as programs fill up their last write with zeros. */
enum { TAIL = 16 << 20 };

static int
cut(struct tarread *t, struct errmsg *why)
{
	t->cut = true;
	return errmsg_set(why, "the tar ends too soon");
}

static int
damaged(struct errmsg *why)
{
	return errmsg_set(why, "the tar is damaged: a header is wrong");
}

/* fill - have at least one block in buf; 0 at the end, with less than one */
static int
fill(struct tarread *t, struct errmsg *why)
{
	if (t->to - t->from >= BLOCK)
		return 1;
	memmove(t->buf, t->buf + t->from, t->to - t->from);
	t->to -= t->from;
	t->from = 0;
	while (t->to < BLOCK) {
		ssize_t n = read(t->in, t->buf + t->to, sizeof(t->buf) - t->to);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return errmsg_errno(why, "read the tar");
		if (n > 0)
			t->to += (size_t)n;
	}
	return 1;
}

/* next - a block that stays valid until the next call, or NULL */
static const unsigned char *
next(struct tarread *t, struct errmsg *why)
{
	int there = fill(t, why);

	if (there == 0)
		cut(t, why);
	if (there <= 0)
		return NULL;
	t->from += BLOCK;
	return t->buf + t->from - BLOCK;
}

ssize_t
tarread_part(struct tarread *t, const unsigned char **data, int64_t max, struct errmsg *why)
{
	int64_t n = t->left < max ? t->left : max;

	if (n == 0)
		return 0;
	if (t->to == t->from && fill(t, why) <= 0)
		return *why->text ? -1 : cut(t, why);
	if (n > (int64_t)(t->to - t->from))
		n = (int64_t)(t->to - t->from);
	*data = t->buf + t->from;
	t->from += (size_t)n;
	t->left -= n;
	return (ssize_t)n;
}

/* skip - the rest of the data, and what fills the last block */
static int
skip(struct tarread *t, struct errmsg *why)
{
	const unsigned char *data;
	ssize_t n;

	t->left += t->fill;
	t->fill = 0;
	do {
		n = tarread_part(t, &data, INT64_MAX, why);
	} while (n > 0);
	return (int)n;
}

static void
set_data(struct tarread *t, int64_t size)
{
	t->left = size;
	t->fill = (BLOCK - size % BLOCK) % BLOCK;
}

/* take_text - the data of a header that belongs to the next one; n: its length */
static int
take_text(struct tarread *t, const unsigned char *header, char *text, size_t *n,
    struct errmsg *why)
{
	int64_t size = tarhead_size(header);
	const unsigned char *data;
	ssize_t got;

	if (size < 0)
		return damaged(why);
	if (size > TARREAD_TEXT)
		return errmsg_set(why, "the tar has a name or an attribute that is too long");
	set_data(t, size);
	*n = 0;
	while ((got = tarread_part(t, &data, size, why)) > 0) {
		memcpy(text + *n, data, (size_t)got);
		*n += (size_t)got;
	}
	text[*n] = '\0';
	return got < 0 ? -1 : skip(t, why);
}

static int
take_pax(struct tarread *t, const unsigned char *header, bool global, struct errmsg *why)
{
	struct tarhead_pax pax;

	if (take_text(t, header, t->pax, &t->n_pax, why) < 0)
		return -1;
	if (tarhead_pax(t->pax, t->n_pax, &pax) < 0)
		return damaged(why);
	if (global && !pax.comment_only)
		return errmsg_set(why, "the tar has a global header, which only a backup has");
	if (global)
		t->n_pax = 0;
	return 0;
}

/* copy_text - a record as text, in a buffer that is large enough for any */
static const char *
copy_text(char *to, const struct tarhead_record *r)
{
	if (memchr(r->value, '\0', r->n))
		return NULL;
	memcpy(to, r->value, r->n);
	to[r->n] = '\0';
	return to;
}

/* read_time - "SECONDS.FRACTION", which may be negative; nonsense is 0 */
static struct timespec
read_time(const char *text)
{
	struct timespec at = { 0, 0 };
	long unit = 100000000;
	char *end;

	errno = 0;
	at.tv_sec = (time_t)strtoll(text, &end, 10);
	if (errno || (*end && *end != '.'))
		return (struct timespec){ 0, 0 };
	if (*end == '.' && *text != '-')
		for (end++; *end >= '0' && *end <= '9' && unit > 0; unit /= 10)
			at.tv_nsec += unit * (*end++ - '0');
	return at;
}

/* Of the records of an entry. */
struct found {
	int64_t size;		/* of its data, or -1 */
	int64_t real;		/* of a sparse file, or -1 */
	bool sparse;		/* of format 1.0 */
	bool other;		/* of another one */
};

static int
take_record(struct tarread *t, const struct tarhead_record *r, struct found *f)
{
	const bool name = tarhead_is(r, "GNU.sparse.name");
	struct tarread_entry *e = &t->entry;
	char time[64] = "";

	if (name || (tarhead_is(r, "path") && !f->sparse))
		e->path = copy_text(t->long_path, r);
	if (tarhead_is(r, "linkpath"))
		e->link = copy_text(t->long_link, r);
	if (!e->path || !e->link)
		return -1;
	if (tarhead_is(r, "mtime") && r->n < sizeof(time) && copy_text(time, r))
		e->mtime = read_time(time);
	if (tarhead_is(r, "size"))
		f->size = tarhead_decimal(r->value, r->n);
	if (tarhead_is(r, "GNU.sparse.realsize"))
		f->real = tarhead_decimal(r->value, r->n);
	if (tarhead_is(r, "GNU.sparse.major"))
		f->sparse = r->n == 1 && *r->value == '1';
	if (tarhead_is(r, "GNU.sparse.size") || tarhead_is(r, "GNU.sparse.map"))
		f->other = true;
	return 0;
}

static int
take_records(struct tarread *t, struct found *f, struct errmsg *why)
{
	const char *text = t->pax;
	struct tarhead_record r;
	size_t n = t->n_pax;

	while (tarhead_record(&text, &n, &r) > 0)
		if (take_record(t, &r, f) < 0)
			return damaged(why);
	if (f->other || (f->sparse && f->real < 0))
		return errmsg_set(why, "the tar has a sparse file in an old format: "
		    "expected tar --format=pax");
	return 0;
}

/* own_path - as the header has it, of two fields */
static void
own_path(struct tarread *t, const struct tarhead *h)
{
	const char *prefix = h->rest + 88;	/* of ustar */
	size_t n = 0;

	if (!memcmp(h->rest, "ustar", 6) && *prefix) {
		n = strnlen(prefix, 155);
		memcpy(t->path, prefix, n);
		t->path[n++] = '/';
	}
	memcpy(t->path + n, h->name, sizeof(h->name));
	t->path[n + sizeof(h->name)] = '\0';
	memcpy(t->link, h->link, sizeof(h->link));
	t->link[sizeof(h->link)] = '\0';
}

/* kind - what it is; old programs mark a directory by its name alone */
static char
kind(const struct tarhead *h, const char *path)
{
	size_t n = strlen(path);

	switch (h->type) {
	case '\0':
	case '7':
	case '0': return n > 0 && path[n - 1] == '/' ? '5' : '0';
	default: return h->type;
	}
}

static int
set_entry(struct tarread *t, const unsigned char *block, struct errmsg *why)
{
	const struct tarhead *h = (const struct tarhead *)block;
	struct found f = { .size = -1, .real = -1 };
	struct tarread_entry *e = &t->entry;
	int64_t mode = tarhead_octal(h->mode, sizeof(h->mode)),
	    mtime = tarhead_octal(h->mtime, sizeof(h->mtime));

	own_path(t, h);
	*e = (struct tarread_entry){ .path = t->n_path ? t->long_path : t->path,
	    .link = t->n_link ? t->long_link : t->link };
	if (mode > 0)
		e->mode = (mode_t)mode & 07777;
	if (mtime > 0)
		e->mtime.tv_sec = (time_t)mtime;
	if (take_records(t, &f, why) < 0)
		return -1;
	e->type = kind(h, e->path);
	e->sparse = f.sparse && e->type == '0';
	if (f.size < 0)
		f.size = tarhead_size(block);
	/* Links, directories, devices and FIFOs have no data. */
	if (e->type >= '1' && e->type <= '6')
		f.size = 0;
	if (f.size < 0)
		return damaged(why);
	e->size = e->sparse ? f.real : f.size;
	set_data(t, f.size);
	return 1;
}

/* end - the mark of the end, and an end to whatever writes more */
static int
end(struct tarread *t, struct errmsg *why)
{
	size_t more = 0;
	int there;

	t->over = true;
	do {
		for (size_t i = t->from; i < t->to; i++)
			if (t->buf[i])
				return errmsg_set(why, "the tar has more behind its end");
		more += t->to - t->from;
		if (more > TAIL)
			return errmsg_set(why, "the tar does not end behind its end");
		t->from = t->to = 0;
		there = fill(t, why);
	} while (there > 0 || t->to > 0);
	return there;
}

/* foreign - the first block is no header */
static int
foreign(struct tarread *t, struct errmsg *why)
{
	const char *program = packer_of(t->buf + t->from, t->to - t->from);

	if (program)
		return errmsg_set(why, "compressed: expected a plain tar, as from: "
		    "%s -dc", program);
	t->cut = t->to == 0;
	return errmsg_set(why, t->cut ? "it is empty: expected a tar" : "not a tar");
}

/* take - a header; 2: it belongs to the next one */
static int
take(struct tarread *t, const unsigned char *block, struct errmsg *why)
{
	switch (((const struct tarhead *)block)->type) {
	case 'x': return take_pax(t, block, false, why) < 0 ? -1 : 2;
	case 'g': return take_pax(t, block, true, why) < 0 ? -1 : 2;
	case 'L':
		return take_text(t, block, t->long_path, &t->n_path, why) < 0 ? -1 : 2;
	case 'K':
		return take_text(t, block, t->long_link, &t->n_link, why) < 0 ? -1 : 2;
	case 'S':
		return errmsg_set(why, "the tar has a sparse file in an old format: "
		    "expected tar --format=pax");
	case 'M':
	case 'D':
		return errmsg_set(why, "the tar has an entry that only a backup has");
	default: return set_entry(t, block, why);
	}
}

int
tarread_next(struct tarread *t, struct errmsg *why)
{
	int got;

	if (t->over)
		return 0;
	if (skip(t, why) < 0)
		return -1;
	t->n_pax = t->n_path = t->n_link = 0;
	do {
		const unsigned char *block;

		got = fill(t, why);
		if (got < 0)
			return -1;
		if (!t->any && (got == 0 || !tarhead_valid(t->buf + t->from)) &&
		    !(got > 0 && tarhead_empty(t->buf + t->from)))
			return foreign(t, why);
		block = next(t, why);
		if (!block)
			return -1;
		if (tarhead_empty(block))
			return end(t, why);
		if (!tarhead_valid(block))
			return damaged(why);
		t->any = true;
		got = take(t, block, why);
	} while (got == 2);
	return got;
}

int
tarread_attributes(const struct tarread *t, int (*take_it)(void *arg, const char *name,
    const void *value, size_t n), void *arg)
{
	static const char prefix[] = "SCHILY.xattr.";
	const size_t len = sizeof(prefix) - 1;
	const char *text = t->pax;
	struct tarhead_record r;
	size_t n = t->n_pax;
	char name[256];

	while (tarhead_record(&text, &n, &r) > 0) {
		if (r.key_n <= len || r.key_n - len >= sizeof(name) ||
		    memcmp(r.key, prefix, len) != 0)
			continue;
		memcpy(name, r.key + len, r.key_n - len);
		name[r.key_n - len] = '\0';
		if (take_it(arg, name, r.value, r.n) < 0)
			return -1;
	}
	return 0;
}
