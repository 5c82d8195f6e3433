/* SPDX-License-Identifier: MIT */
#ifndef CONF_BIND_H
#define CONF_BIND_H

#include <stdbool.h>

#include "conf/word.h"

/* A file or directory of the host that the container sees. */
struct bind {
	bool in_tree;		/* "+": source is a path in the container */
	const char *source;	/* "": a new, empty directory */
	const char *inside;	/* the path in the container */
	const char *options;	/* NULL: none are given */
	char text[WORD_SIZE];	/* the others point into it */
};

/* bind_split - as bind_parse, but any text is valid that is not too long */
int bind_split(const char *word, struct bind *b);

/*
 * bind_parse - read PATH[:INSIDE[:OPTIONS]]
 *
 * A backslash escapes the next character.  Paths are absolute, and options are
 * those of systemd-nspawn.  Returns 0, or -1: it is invalid.
 * Source: --bind= in systemd-nspawn(1).
 */
int bind_parse(const char *word, struct bind *b);

/* bind_maps - do the options of this bind say how users are mapped? */
bool bind_maps(const struct bind *b);

#endif
