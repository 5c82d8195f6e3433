/* SPDX-License-Identifier: MIT */
/* values.c - print the values of settings */
#include "conf/values.h"

#include "conf/quote.h"

void
values_print_all(const struct settings *s, bool null, FILE *out)
{
	static char line[2 * ENVFILE_MAX + 3];

	for (enum key k = 0; k < KEYS; k++) {
		const char *value = s->value[k];

		if (!value)
			continue;
		fprintf(out, "%s=", key_info[k].name);
		if (null) {
			fputs(value, out);
			putc('\0', out);
			continue;
		}
		quote_value(value, line);
		fputs(line, out);
		putc('\n', out);
	}
}

bool
values_print(const struct settings *s, char *const key[], int n, bool null,
    FILE *out)
{
	const char *value = NULL;

	for (int i = 0; i < n; i++) {
		value = settings_get(s, key_find(key[i]));
		if (value)
			fputs(value, out);
		if (value || n > 1)
			putc(null ? '\0' : '\n', out);
	}
	return value != NULL;
}
