/* SPDX-License-Identifier: MIT */
/* json.c - strings in JSON */
#include "conf/json.h"

void
json_text(FILE *to, const char *text)
{
	if (!text) {
		fputs("null", to);
		return;
	}
	putc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ')
			fprintf(to, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else
			putc(c, to);
	}
	putc('"', to);
}
