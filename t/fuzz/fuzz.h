/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Run one input through one parser; each target defines it.  Source: LLVM's
 * libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_must - a condition that must hold for every input */
#define fuzz_must(what) do { \
	if (!(what)) { \
		fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, \
		    #what); \
		abort(); \
	} } while (0)

/* fuzz_text - the input as a string, in a buffer of exactly its size */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	fuzz_must(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* fuzz_dir - make the directory "in" for parsers of directories */
static inline void
fuzz_dir(void)
{
	struct stat st;

	if (stat("in", &st) < 0)
		fuzz_must(mkdir("in", 0700) == 0);
}

#endif
