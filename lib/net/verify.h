/* SPDX-License-Identifier: MIT */
#ifndef NET_VERIFY_H
#define NET_VERIFY_H

#include <stdio.h>

#include "net/nl.h"

/* The differences between a network that is wanted and the one that is there. */
struct verify {
	FILE *out;		/* gets a line for each */
	const char *name;	/* begins the lines, or NULL */
	const char *netns;	/* of the socket of the container */
	int n;			/* lines so far */
};

/* verify_say - write a line; bytes that are unsafe to print become \xNN */
__attribute__((format(printf, 2, 3)))
void verify_say(struct verify *v, const char *fmt, ...);

/*
 * verify_socket - let a socket say what its messages would change, not change it
 *
 * A message that would leave everything as it is says nothing.  One of a kind
 * that is not known here is a difference.  netns is the name of the socket's
 * namespace, or NULL for the host's.
 */
void verify_socket(struct verify *v, struct nl *nl, const char *netns);

#endif
