/* SPDX-License-Identifier: MIT */
/* extra.c - further pairs of interfaces in settings */
#define _GNU_SOURCE
#include "conf/extra.h"

#include <string.h>

int
extra_begin(struct extra *e, const char *word)
{
	if (strlen(word) >= sizeof(e->text))
		return -1;
	strcpy(e->text, word);
	e->rest = e->text;
	e->name = strsep(&e->rest, ":");
	return 0;
}

bool
extra_next(struct extra *e)
{
	char *part, *value;

	while ((part = strsep(&e->rest, ","))) {
		value = strchr(part, '=');
		if (!value)
			continue;
		*value++ = '\0';
		e->key = part;
		e->value = value;
		return true;
	}
	return false;
}
