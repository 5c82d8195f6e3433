/* SPDX-License-Identifier: MIT */
#ifndef NIX_PROFILE_H
#define NIX_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The profile "system" in a directory, as Nix keeps it:
 *
 *	system -> system-2-link		the current generation
 *	system-1-link -> /nix/store/...
 *	system-2-link -> /nix/store/...
 *
 * The directory may be written by others: no link in it is followed, what is
 * not as above is passed over, and what is read may be wrong by the time it is
 * used.  dir is a descriptor of the directory, open for reading.  A change is
 * atomic and on disk on return; changes are made with PROFILE_LOCK held by
 * lockfile_take, which Nix takes too (though not for nix-env --set).
 * Source: src/libstore/profiles.cc of Nix 2.8.
 */
#define PROFILE_LOCK "system.lock"

/* The highest number of a generation; Nix counts with 32 bits. */
#define PROFILE_MAX 4294967294u

struct generation {
	uint32_t number;
	int64_t date;		/* seconds since 1970: the age of its link */
};

struct profile {
	struct generation *gen;	/* n of them, by number */
	size_t n;
	int64_t current;	/* number of the current one; -1: none */
	int64_t highest;	/* number that is in use; -1: none */
};

/*
 * profile_read - what generations there are
 *
 * Returns 0, or -1 with the errno of openat(2), readdir(3) or malloc(3).
 * profile_free frees what is in p, not p.
 */
int profile_read(int dir, struct profile *p);
void profile_free(struct profile *p);

/* profile_find - the generation of that number, or NULL */
const struct generation *profile_find(const struct profile *p, int64_t number);

/*
 * profile_target - where the link of a generation leads
 *
 * Returns the length of the text, which is cut to size - 1 bytes and ended by
 * a null byte, or -1 with the errno of readlinkat(2).
 */
ssize_t profile_target(int dir, uint32_t number, char *buf, size_t size);

/*
 * profile_add - a new generation, which is not the current one yet
 *
 * Where the newest has that target already, it is the one: as in Nix, none is
 * made.  *number is what it is.  Returns 0, or -1 with errno EOVERFLOW (no
 * number is left), EEXIST (somebody else made it, without the lock; read the
 * profile again) or another of symlinkat(2).
 */
int profile_add(int dir, const struct profile *p, const char *target,
    uint32_t *number);

/*
 * profile_delete - remove generations
 *
 * doomed has a word for each generation of p.  One that is gone is no error.
 * Returns 0, or -1 with the errno of unlinkat(2) or fsync(2).
 */
int profile_delete(int dir, const struct profile *p, const bool *doomed);

/* profile_switch - make a generation the current one; 0, or -1 with errno */
int profile_switch(int dir, uint32_t number);

#endif
