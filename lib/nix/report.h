/* SPDX-License-Identifier: MIT */
#ifndef NIX_REPORT_H
#define NIX_REPORT_H

#include <stdbool.h>

#include "nix/profile.h"

/*
 * What is printed of a profile, on standard output.  Its text may come from the
 * container, and shall not speak to the terminal: what is not printable ASCII
 * becomes \x1b, or \u001b in JSON.  Errors are those of stdout.
 */
void report_print(const char *s, bool json);

/*
 * report_list - the generations of a profile, a line or a JSON object each
 *
 * dir is that of the profile.  Dates are local, in JSON UTC.
 */
void report_list(int dir, const struct profile *p, bool json);

#endif
