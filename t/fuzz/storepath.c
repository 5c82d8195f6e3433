/* SPDX-License-Identifier: MIT */
/* storepath.c - where a generation's link leads: into the store, or not */
#include "nix/storepath.c"

#include "fuzz.h"

/* resolve - by the file system: what is taken of the store is plain */
static void
resolve(const char *text)
{
	char path[PATH_MAX];
	const char *rest;

	if (storepath_resolve(text, path, sizeof(path)) < 0)
		return;
	rest = after_store(path);
	fuzz_must(!rest || is_store_path(rest));
	fuzz_must(path[0] == '/' || text[0] != '/');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const char *rest = after_store(text);

	if (rest && is_store_path(rest)) {
		fuzz_must(strlen(rest) > HASH_LEN + 2);
		fuzz_must(!strstr(rest, "/../") && !strstr(rest, "//"));
	}
	/* The machine has no such store: that of the target is its own /. */
	setenv("NIX_STORE_DIR", "/dev", 1);
	resolve(text);
	unsetenv("NIX_STORE_DIR");
	free(text);
	return 0;
}
