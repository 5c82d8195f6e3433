/* SPDX-License-Identifier: MIT */
#ifndef NIX_CHECK_H
#define NIX_CHECK_H

#include "nix/profile.h"
#include "base/errmsg.h"

/*
 * check_generations - print a line for each generation whose target is not as it should
 *
 * On standard output: its number, what is wrong (missing; not a store path,
 * though in the store; not valid, for Nix), and where it leads.  Returns how
 * many there are, or -1 and why.  *asked says whether Nix was asked where it
 * should be: it is not on a machine without Nix.
 */
int check_generations(int dir, const struct profile *p, bool *asked, struct errmsg *why);

#endif
