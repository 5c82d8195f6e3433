/* SPDX-License-Identifier: MIT */
/* packer.c - programs that compress */
#include "tree/packer.h"

#include <string.h>

/* Source: the magic numbers of file(1). */
static const struct {
	const char *program;
	size_t n;
	const char *magic;
} packers[] = {
	{ "gzip", 2, "\x1f\x8b" },
	{ "gzip", 2, "\x1f\x9d" },		/* compress */
	{ "bzip2", 3, "BZh" },
	{ "xz", 6, "\xfd" "7zXZ" },
	{ "xz", 3, "]\0\0" },			/* lzma */
	{ "zstd", 4, "\x28\xb5\x2f\xfd" },
	{ "lz4", 4, "\x04\x22\x4d\x18" },
	{ "lzip", 4, "LZIP" },
	{ "lzop", 4, "\x89LZO" },
};

const char *
packer_of(const void *head, size_t n)
{
	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++)
		if (n >= packers[i].n &&
		    !memcmp(head, packers[i].magic, packers[i].n))
			return packers[i].program;
	return NULL;
}
