/* SPDX-License-Identifier: MIT */
#ifndef NIX_SELECT_H
#define NIX_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "nix/profile.h"

/* select_number - a decimal number, at most max; -1 if it is none */
int64_t select_number(const char *s, int64_t max);

/*
 * Which generations to delete, in the words of nix-env --delete-generations:
 *
 *	old		all but the current one
 *	Nd		those older than N days, but for the newest of them, which
 *			was in use N days ago
 *	+N		all but N, counted down from the current one; those newer
 *			than it stay, too
 *	N...		these; a number that there is not counts as deleted
 *
 * The first three are one word alone.  The current one is never among them.
 * Source: src/libstore/profiles.cc and src/nix-env/nix-env.cc of Nix 2.8.
 */
struct select {
	enum { SELECT_OLD, SELECT_DAYS, SELECT_KEEP, SELECT_NUMBERS } kind;
	int64_t n;		/* of days, or of generations to keep */
	char *const *word;	/* the numbers, count of them */
	int count;
};

/* select_parse - read it; NULL, or the word that is wrong */
const char *select_parse(struct select *spec, char *const word[], int count);

/*
 * select_select - doomed[i] becomes true where generation i of p is among them
 *
 * now is in seconds since 1970.  Returns 0, or -1 with errno EBUSY (the current
 * one was asked for) or ESRCH (there is no current one to count from); doomed
 * is not to be used then.
 */
int select_select(const struct select *spec, const struct profile *p,
    int64_t now, bool *doomed);

#endif
