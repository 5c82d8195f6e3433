/* SPDX-License-Identifier: MIT */
/* tar.c - what a container sends: no entry has more than it says, and all ends */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "tree/attrs.h"
#include "tree/tardata.h"

enum { SMALL = 1 << 20 };

static int
look(void *arg, const char *name, const void *value, size_t n)
{
	static char copy[TARREAD_TEXT];

	(void)arg;
	fuzz_must(strlen(name) > 0 && n <= sizeof(copy));
	memcpy(copy, value, n);
	fuzz_must(attrs_shift(copy, n, 1000) <= n);
	return 0;
}

/* read_data - as a file with holes, or as a stream */
static void
read_data(struct tarread *t, bool sparse)
{
	struct errmsg why = { "" };
	int to = memfd_create("to", MFD_CLOEXEC);
	struct stat st;

	fuzz_must(to >= 0);
	if (tardata_write(t, to, sparse, &why) == 0) {
		fuzz_must(fstat(to, &st) == 0);
		fuzz_must(st.st_size == t->entry.size);
	} else {
		fuzz_must(*why.text);
	}
	close(to);
}

static void
look_at(struct tarread *t, bool sparse)
{
	const struct tarread_entry *e = &t->entry;

	fuzz_must(strlen(e->path) <= TARREAD_TEXT);
	fuzz_must(strlen(e->link) <= TARREAD_TEXT);
	fuzz_must(e->size >= 0 && !(e->mode & ~07777U));
	fuzz_must(tarread_attributes(t, look, NULL) == 0);
	if (e->type == '0' && e->size <= SMALL)
		read_data(t, sparse);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tarread *t = calloc(1, sizeof(*t));
	struct errmsg why = { "" };
	size_t entries = 0;
	int got;

	fuzz_must(t);
	t->in = memfd_create("in", MFD_CLOEXEC);
	fuzz_must(t->in >= 0);
	fuzz_must(write(t->in, data, size) == (ssize_t)size);
	fuzz_must(lseek(t->in, 0, SEEK_SET) == 0);
	while ((got = tarread_next(t, &why)) > 0) {
		look_at(t, entries % 2 == 0);
		entries++;
	}
	fuzz_must(entries <= size / 512);
	fuzz_must(got == 0 || *why.text);
	close(t->in);
	free(t);
	return 0;
}
