/* SPDX-License-Identifier: MIT */
/* storepath.c - paths in the Nix store */
#define _GNU_SOURCE
#include "base/storepath.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HASH_LEN = 32, NAME_LEN = 211 };

const char *
storepath_store(void)
{
	const char *store = getenv("NIX_STORE_DIR");

	if (!store || !*store)
		return "/nix/store";
	return store;
}

/* after_store - the part of path after the store's directory, or NULL */
static const char *
after_store(const char *path)
{
	const char *store = storepath_store();
	size_t n = strlen(store);

	if (strncmp(path, store, n) != 0 || (path[n] != '/' && path[n]))
		return NULL;
	return path + n;
}

/* is_normal - no component is empty, "." or ".." */
static bool
is_normal(const char *path)
{
	for (const char *s = path; (s = strchr(s, '/')); s++) {
		size_t n = strcspn(s + 1, "/");

		if (n == 0 || (n == 1 && s[1] == '.') ||
		    (n == 2 && s[1] == '.' && s[2] == '.'))
			return false;
	}
	return true;
}

/* is_store_path - /HASH-NAME, or a path below it */
static bool
is_store_path(const char *rest)
{
	static const char digits[] = "0123456789abcdfghijklmnpqrsvwxyz";
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=";
	size_t n;

	if (rest[0] != '/' || strspn(rest + 1, digits) != HASH_LEN ||
	    rest[HASH_LEN + 1] != '-' || rest[HASH_LEN + 2] == '.')
		return false;
	n = strspn(rest + HASH_LEN + 2, letters);
	return n > 0 && n <= NAME_LEN && (!rest[HASH_LEN + 2 + n] ||
	    rest[HASH_LEN + 2 + n] == '/') && is_normal(rest);
}

int
storepath_name(const char *text, char name[STOREPATH_NAME])
{
	const char *rest = after_store(text);
	size_t n;

	if (!rest || !is_store_path(rest)) {
		errno = rest ? EINVAL : ENOENT;
		return -1;
	}
	n = strcspn(rest + 1, "/");
	memcpy(name, rest + 1, n);
	name[n] = '\0';
	return 0;
}

int
storepath_resolve(const char *given, char *buf, size_t size)
{
	char real[PATH_MAX];
	const char *from = given, *rest;
	struct stat st;
	size_t n;

	if (stat(given, &st) < 0)
		return -1;
	if (!after_store(given))
		from = realpath(given, real);
	if (!from)
		return -1;
	n = strlen(from);
	while (n > 1 && from[n - 1] == '/')
		n--;
	if (n >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(buf, from, n);
	buf[n] = '\0';
	rest = after_store(buf);
	if (rest && !is_store_path(rest)) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}
