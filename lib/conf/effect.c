/* SPDX-License-Identifier: MIT */
/* effect.c - when changes of settings are in effect */
#include "conf/effect.h"

#include <string.h>

#include "conf/word.h"

static const char at_start[] = "start";

static bool
differs(const char *a, const char *b)
{
	if (!a || !b)
		return a != b;
	return strcmp(a, b) != 0;
}

static bool
is_asked(enum key key, const struct change *change, int n)
{
	for (int i = 0; i < n; i++)
		if (change[i].key == key)
			return true;
	return false;
}

/* keeps_paths - has each word of a list one with its path in the other? */
static bool
keeps_paths(const char *before, const char *after)
{
	char word[WORD_SIZE], other[WORD_SIZE];

	while (word_next(&before, word) == 1) {
		const char *rest = after;
		size_t n = (size_t)(strrchr(word, ':') - word) + 1;
		bool found = false;

		while (!found && word_next(&rest, other) == 1)
			found = !strncmp(word, other, n);
		if (!found)
			return false;
	}
	return true;
}

/*
 * is_at_once - is this change in effect as soon as systemd knows it?
 *
 * systemd lifts no limit of a device or of processors before the unit starts again.
 */
static bool
is_at_once(const struct key_info *key, const char *before, const char *after)
{
	if (key->effect != AT_ONCE_IF_SET)
		return key->effect == AT_ONCE;
	return after && (key->type != TYPE_RATES || !before ||
	    keeps_paths(before, after));
}

void
effect_print(const struct settings *before, const struct settings *after,
    const struct change *change, int n, bool connected, FILE *out)
{
	/* Repairing needs the links that the container started with. */
	bool repairs = connected && settings_on(after, KEY_PRIVATE_NETWORK) &&
	    settings_on(before, KEY_PRIVATE_NETWORK);

	for (enum key k = 0; k < KEYS; k++) {
		enum effect e = key_info[k].effect;
		bool changed = differs(before->value[k], after->value[k]);
		const char *when = at_start;

		if (is_at_once(&key_info[k], before->value[k], after->value[k]))
			when = "once";
		else if (repairs && (e == BY_REPAIR ||
		    (e == BY_REPAIR_IF_SET && after->value[k])))
			when = "network";
		if (changed || (when != at_start && is_asked(k, change, n)))
			fprintf(out, "%s %s\n", when, key_info[k].name);
	}
}
