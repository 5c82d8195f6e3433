/* SPDX-License-Identifier: MIT */
#ifndef NIX_PROFILE_H
#define NIX_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The profile "system" in a directory, in Nix's layout:
 *
 *	system -> system-2-link		the current generation
 *	system-1-link -> /nix/store/...
 *	system-2-link -> /nix/store/...
 *
 * Links in the directory are not followed, other entries are ignored, and what
 * was read may be outdated when it is used.  dir is a descriptor of the
 * directory, open for reading.
 * Changes are atomic, and on disk on return.  Callers that change a profile
 * hold PROFILE_LOCK (lockfile_take), as Nix does, except in nix-env --set.
 * Source: src/libstore/profiles.cc of Nix 2.8.
 */
#define PROFILE_LOCK "system.lock"

/* The highest generation number; Nix uses 32 bits. */
#define PROFILE_MAX 4294967294u

struct profile_entry {
	uint32_t number;	/* of a generation */
	int64_t date;		/* of its link: seconds since 1970 */
};

struct profile {
	struct profile_entry *entry;	/* n generations, sorted by number */
	size_t n;
	int64_t current;	/* number of the current generation, or -1 */
	int64_t highest;	/* highest number in use, or -1 */
};

/*
 * profile_read - read the generations of a profile
 *
 * Returns 0, or -1 with the errno of openat(2), readdir(3) or malloc(3).
 * profile_free frees the contents of p, not p.
 */
int profile_read(int dir, struct profile *p);
void profile_free(struct profile *p);

/* profile_find - the generation of that number, or NULL */
const struct profile_entry *profile_find(const struct profile *p,
    int64_t number);

/*
 * profile_target - read the link of a generation
 *
 * The text is cut to size - 1 bytes and ends with a null byte.  Returns its
 * length, or -1 with the errno of readlinkat(2).
 */
ssize_t profile_target(int dir, uint32_t number, char *buf, size_t size);

/*
 * profile_add - add a generation, without making it the current one
 *
 * If the newest generation has the same target, none is added, as in Nix.
 * *number receives the generation's number.  Returns 0, or -1 with errno
 * EOVERFLOW (no number left), EEXIST (another process added it without the
 * lock; read the profile again), or another of symlinkat(2).
 */
int profile_add(int dir, const struct profile *p, const char *target,
    uint32_t *number);

/*
 * profile_delete - delete generations
 *
 * chosen[i] is true if generation i of p is to be deleted; it may be missing by
 * now.  Returns 0, or -1 with the errno of unlinkat(2) or fsync(2).
 */
int profile_delete(int dir, const struct profile *p, const bool *chosen);

/* profile_current - the number of the current generation, or -1 */
int64_t profile_current(int dir);

/* profile_owns - is this the name of a file of the profile? */
bool profile_owns(const char *name);

/*
 * profile_mirror - make another directory show the same generations
 *
 * Links in to that differ are replaced, and belong to the owner of to, which is
 * hostile.  Generations that only to has are left alone.  Returns 0, or -1
 * with errno.
 */
int profile_mirror(int dir, int to);

/* profile_switch - make a generation the current one; 0, or -1 with errno */
int profile_switch(int dir, uint32_t number);

#endif
