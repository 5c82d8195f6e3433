/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERRMSG_H
#define BASE_ERRMSG_H

/* The text of an error, for main to print. */
struct errmsg {
	char text[384];
};

/*
 * errmsg_set - set the text of an error
 *
 * A long text is cut.  Returns -1 and keeps errno, for use in a return
 * statement.
 */
__attribute__((format(printf, 2, 3)))
int errmsg_set(struct errmsg *why, const char *fmt, ...);

/* errmsg_errno - the same, followed by ": " and the text of errno */
__attribute__((format(printf, 2, 3)))
int errmsg_errno(struct errmsg *why, const char *fmt, ...);

#endif
