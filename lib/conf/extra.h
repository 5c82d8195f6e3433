/* SPDX-License-Identifier: MIT */
#ifndef CONF_EXTRA_H
#define CONF_EXTRA_H

#include <stdbool.h>

enum {
	EXTRA_SIZE = 1024,	/* of a word of EXTRA_VETHS */
	EXTRA_PAIRS = 8,	/* of a container; as many as mkveth takes */
};

/* A further pair of interfaces: IFNAME[:KEY=VALUE,...] */
struct extra {
	const char *name;		/* of the interface in the container */
	const char *key, *value;	/* what extra_next has read */
	char *rest;
	char text[EXTRA_SIZE];
};

/*
 * extra_begin - begin to read a word of EXTRA_VETHS
 *
 * Returns 0 with name, or -1: the word is too long.
 */
int extra_begin(struct extra *e, const char *word);

/* extra_next - read the next KEY=VALUE; false at the end */
bool extra_next(struct extra *e);

/* extra_find - copy the first value of a key in a word of EXTRA_VETHS; false: none */
bool extra_find(const char *word, const char *key, char value[EXTRA_SIZE]);

#endif
