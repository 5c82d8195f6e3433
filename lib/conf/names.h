/* SPDX-License-Identifier: MIT */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { NAMES_SIZE = 64, NAMES_FILE_SIZE = NAMES_SIZE + 5 };

/* The names of all containers, sorted. */
struct names {
	char (*name)[NAMES_SIZE];
	size_t n;
};

/* names_file - NAME.conf for a name that name_ok allows; returns buf */
char *names_file(const char *name, char buf[NAMES_FILE_SIZE]);

/*
 * names_read - find all containers that have a file in a directory
 *
 * Returns 0 with names that names_free gives back, or -1 with errno.
 */
int names_read(int dir, struct names *names);

/*
 * names_read_path - the same, by the path of the directory
 *
 * A missing directory has no names.
 */
int names_read_path(const char *path, struct names *names);

/* names_settings - is it NAME.conf, or .NAME.pending of one being created? */
bool names_settings(const char *file);

void names_free(struct names *names);

#endif
