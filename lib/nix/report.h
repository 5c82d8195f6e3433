/* SPDX-License-Identifier: MIT */
#ifndef NIX_REPORT_H
#define NIX_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/errmsg.h"
#include "nix/profile.h"

/*
 * Reports on a profile, written to a stream of the caller, as they may be long.
 * Targets of generations come from the container and must not control the
 * terminal: bytes other than printable ASCII are written as \x1b, and in JSON as
 * json_text does.  Write errors stay with the stream: check it when done.  dir is a
 * descriptor of the profile's directory.
 */

/* report_text - write a text with its special characters escaped */
void report_text(FILE *out, const char *text);

/*
 * report_list - list the generations of a profile, one per line
 *
 * Or as a JSON array of objects.  Dates are local time, UTC in JSON.
 */
void report_list(FILE *out, int dir, const struct profile *p, bool json);

/*
 * report_check - write a line for each generation with a bad target
 *
 * The line has the generation's number, the defect (missing, not a store
 * path, not valid according to Nix, ...) and the target.  *nix_found is false
 * if there is no nix-store to ask for validity; it is run from PATH, without
 * a shell, and writes errors of its own to standard error.  Returns the
 * number of lines, or -1 and why.
 */
int report_check(FILE *out, int dir, const struct profile *p, bool *nix_found,
    struct errmsg *why);

#endif
