/* SPDX-License-Identifier: MIT */
#ifndef GENTEXT_H
#define GENTEXT_H

#include <stdbool.h>

#include "profile.h"

/*
 * What is printed of a profile, on standard output.  Its text may come from the
 * container, and shall not speak to the terminal: what is not printable ASCII
 * becomes \x1b, or \u001b in JSON.  Errors are those of stdout.
 */
void gentext_print(const char *s, bool json);

/*
 * gentext_list - the generations of a profile, a line or a JSON object each
 *
 * dir is that of the profile.  Dates are local, in JSON UTC.
 */
void gentext_list(int dir, const struct profile *p, bool json);

#endif
