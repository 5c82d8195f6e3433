/* SPDX-License-Identifier: MIT */
/* effect.c - when changes of settings are in effect */
#include "conf/effect.h"

#include <string.h>

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

		if (e == AT_ONCE)
			when = "once";
		else if (repairs && (e == BY_REPAIR ||
		    (e == BY_REPAIR_IF_SET && after->value[k])))
			when = "network";
		if (changed || (when != at_start && is_asked(k, change, n)))
			fprintf(out, "%s %s\n", when, key_info[k].name);
	}
}
