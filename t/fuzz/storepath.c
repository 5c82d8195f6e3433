/* SPDX-License-Identifier: MIT */
/* storepath.c - a generation's link: is its target in the store? */
#include "base/storepath.c"

#include "fuzz.h"

/* resolve - resolve it in the file system: an accepted store path is canonical */
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
	/* Resolve with a store that exists on every machine. */
	setenv("NIX_STORE_DIR", "/dev", 1);
	resolve(text);
	unsetenv("NIX_STORE_DIR");
	free(text);
	return 0;
}
