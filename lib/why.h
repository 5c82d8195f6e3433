/* SPDX-License-Identifier: MIT */
#ifndef WHY_H
#define WHY_H

/* What a part of the work could not do, and why, for the one who tells it. */
struct why {
	char text[384];
};

/*
 * why_set - say what could not be done
 *
 * A text too long is cut.  Returns -1 and leaves errno as it was, so that
 * it can stand in a return statement.
 */
__attribute__((format(printf, 2, 3)))
int why_set(struct why *why, const char *fmt, ...);

/* why_errno - the same, followed by ": " and the text of errno */
__attribute__((format(printf, 2, 3)))
int why_errno(struct why *why, const char *fmt, ...);

#endif
