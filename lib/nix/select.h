/* SPDX-License-Identifier: MIT */
#ifndef NIX_SELECT_H
#define NIX_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "nix/profile.h"

/* select_number - read a decimal number of at most max; -1: not one */
int64_t select_number(const char *s, int64_t max);

/*
 * Which generations to delete, in the notation of nix-env --delete-generations:
 *
 *	old		all except the current one
 *	Nd		those older than N days, except the newest of them, which
 *			was in use N days ago
 *	+N		all except N, counted down from the current one, and those
 *			newer than the current one
 *	N...		these numbers; missing ones are ignored
 *
 * The first three are a single word.  The current generation is never selected.
 * Source: src/libstore/profiles.cc and src/nix-env/nix-env.cc of Nix 2.8.
 */
struct select {
	enum { SELECT_OLD, SELECT_DAYS, SELECT_KEEP, SELECT_NUMBERS } kind;
	int64_t n;		/* number of days, or of generations to keep */
	char *const *word;	/* the count generation numbers */
	int count;
};

/* select_parse - returns NULL, or the word that is invalid */
const char *select_parse(struct select *spec, char *const word[], int count);

/*
 * select_apply - set chosen[i] to whether generation i of p is selected
 *
 * now is in seconds since 1970.  Returns 0, or -1 with errno EBUSY (the current
 * generation is among the numbers) or ESRCH (there is no current generation to
 * count from); chosen is undefined then.
 */
int select_apply(const struct select *spec, const struct profile *p,
    int64_t now, bool *chosen);

#endif
