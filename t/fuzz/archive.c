/* SPDX-License-Identifier: MIT */
/* archive.c - a tar of anybody's on its way to tar(1): what passes has sound headers */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "tree/archive.h"
#include "tree/tarhead.h"

enum { ID_MAX = 65535 };

/* check_first - the first header that came through */
static void
check_first(int out, bool unshift)
{
	unsigned char block[ARCHIVE_BLOCK];
	const struct tarhead *h = (const struct tarhead *)block;

	if (pread(out, block, sizeof(block), 0) != sizeof(block) ||
	    tarhead_empty(block))
		return;
	fuzz_must(tarhead_valid(block));
	if (unshift && h->uid[0] >= '0' && h->uid[0] <= '7' && !h->uid[7])
		fuzz_must(strtol(h->uid, NULL, 8) <= ID_MAX);
}

static void
filter(const uint8_t *data, size_t size, bool unshift)
{
	const struct archive_limit limit = { 1 << 20, 1000, unshift };
	int in = memfd_create("in", MFD_CLOEXEC);
	int out = memfd_create("out", MFD_CLOEXEC);
	struct archive_result r;
	off_t passed;

	fuzz_must(in >= 0 && out >= 0);
	fuzz_must(write(in, data, size) == (ssize_t)size);
	fuzz_must(lseek(in, 0, SEEK_SET) == 0);
	r = archive_filter(in, out, "", 0, &limit);
	passed = lseek(out, 0, SEEK_CUR);
	fuzz_must(r.fault <= ARCHIVE_WRITE && r.devices <= size / ARCHIVE_BLOCK);
	fuzz_must(passed % ARCHIVE_BLOCK == 0);
	fuzz_must((size_t)passed <= size + 2 * ARCHIVE_BLOCK);
	if (r.fault == ARCHIVE_WHOLE)
		check_first(out, unshift);
	close(in);
	close(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	filter(data, size, false);
	filter(data, size, true);
	return 0;
}
