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

/* One input to one parser; each target has it.  Source: LLVM's libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_must - what has to hold for every input */
#define fuzz_must(what) do { \
	if (!(what)) { \
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
		    #what); \
		abort(); \
	} } while (0)

/* fuzz_text - the input as a string in memory of its own size */
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

/* fuzz_dir - the directory "in", for whoever reads one; run starts us above */
static inline void
fuzz_dir(void)
{
	struct stat st;

	if (stat("in", &st) < 0)
		fuzz_must(mkdir("in", 0700) == 0);
}

#endif
