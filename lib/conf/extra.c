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

bool
extra_find(const char *word, const char *key, char value[EXTRA_SIZE])
{
	struct extra e;

	if (extra_begin(&e, word) < 0)
		return false;
	while (extra_next(&e))
		if (!strcmp(e.key, key)) {
			strcpy(value, e.value);
			return true;
		}
	return false;
}
