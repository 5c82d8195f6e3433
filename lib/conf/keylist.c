/* SPDX-License-Identifier: MIT */
/* keylist.c - the table of all settings, for people and for programs */
#include "conf/keylist.h"

#include <string.h>

#include "base/json.h"
#include "conf/key.h"

void
keylist_print(FILE *out)
{
	for (enum key k = 0; k < KEYS; k++) {
		const struct key_info *key = &key_info[k];

		fprintf(out, "%s\t%s\t%s\t%s\n", key->name,
		    type_name(key->type), key->fallback ? key->fallback : "-",
		    key->text);
	}
}

void
keylist_complete(const char *word, FILE *out)
{
	size_t n = strcspn(word, "=");

	for (enum key k = 0; k < KEYS; k++) {
		const struct key_info *key = &key_info[k];
		const char *value = type_values(key->type);

		if (!word[n])
			fprintf(out, "%s=\t%s\n", key->name, key->text);
		else if (strncmp(word, key->name, n) || key->name[n])
			continue;
		for (; word[n] && value; value = strchr(value, ' ')) {
			value += strspn(value, " ");
			fprintf(out, "%s=%.*s\n", key->name,
			    (int)strcspn(value, " "), value);
		}
	}
}

/* effect_name - when a change is in effect in a running container */
static const char *
effect_name(enum effect effect)
{
	switch (effect) {
	case AT_START: return "start";
	case AT_ONCE: return "once";
	case AT_ONCE_IF_SET: return "once, if set";
	case BY_REPAIR: return "network";
	case BY_REPAIR_IF_SET: return "network, if set";
	}
	return NULL;
}

static void
key_json(const struct key_info *key, FILE *out)
{
	const struct { const char *name, *value; } member[] = {
		{ "name", key->name },
		{ "type", type_name(key->type) },
		{ "expected", type_expected(key->type) },
		{ "default", key->fallback },
		{ "text", key->text },
		{ "example", key->example },
		{ "group", key->group },
		{ "effect", effect_name(key->effect) },
	};

	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++) {
		fprintf(out, "%s\"%s\":", i ? "," : "{", member[i].name);
		json_text(out, member[i].value);
	}
	putc('}', out);
}

void
keylist_json(FILE *out)
{
	for (enum key k = 0; k < KEYS; k++) {
		fputs(k ? ",\n " : "[", out);
		key_json(&key_info[k], out);
	}
	fputs("]\n", out);
}
