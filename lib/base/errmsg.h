/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERRMSG_H
#define BASE_ERRMSG_H

/* What a part of the work could not do, and why, for the one who tells it. */
struct errmsg {
	char text[384];
};

/*
 * errmsg_set - say what could not be done
 *
 * A text too long is cut.  Returns -1 and leaves errno as it was, so that
 * it can stand in a return statement.
 */
__attribute__((format(printf, 2, 3)))
int errmsg_set(struct errmsg *why, const char *fmt, ...);

/* errmsg_errno - the same, followed by ": " and the text of errno */
__attribute__((format(printf, 2, 3)))
int errmsg_errno(struct errmsg *why, const char *fmt, ...);

#endif
