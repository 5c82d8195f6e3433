/* SPDX-License-Identifier: MIT */
/* mounts.c - /proc/self/mountinfo with lines that are not the kernel's */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>

static int given;
#define open(path, flags) ((void)(path), fcntl(given, F_DUPFD_CLOEXEC, 0))
#include "tree/mounts.c"
#undef open

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { .p = NULL };

	given = memfd_create("mountinfo", MFD_CLOEXEC);
	fuzz_must(given >= 0 && write(given, data, size) == (ssize_t)size);
	fuzz_must(lseek(given, 0, SEEK_SET) == 0);
	if (from_mountinfo("/sys", &t) == 0)
		for (size_t at = 0; at < t.len; at += strlen(t.p + at) + 1)
			fuzz_must(t.p[at]);
	fuzz_must(t.len == 0 || t.p[t.len - 1] == '\0');
	/* The sort order: entries below others come later. */
	for (size_t at = 0; at < t.len; at += strlen(t.p + at) + 1) {
		const char *one = t.p + at, *first = t.p;

		fuzz_must(compare(&one, &one) == 0);
		fuzz_must((compare(&one, &first) < 0) ==
		    (compare(&first, &one) > 0));
	}
	free(t.p);
	close(given);
	return 0;
}
