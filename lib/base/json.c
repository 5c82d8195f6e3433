/* SPDX-License-Identifier: MIT */
/* json.c - strings in JSON */
#include "base/json.h"

#include "base/visible.h"

/* plain - the number of bytes at s that need no escape */
static size_t
plain(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* put_char - print the character at s; returns its bytes */
static int
put_char(FILE *to, const unsigned char *s)
{
	uint32_t c;
	/* The zero byte at the end ends any incomplete character. */
	int len = visible_decode(s, 4, &c);

	if (len <= 0) {
		fputs("\\ufffd", to);
		return 1;
	}
	if (c == '"' || c == '\\')
		fprintf(to, "\\%c", (int)c);
	else if (visible_char(s, 4) == 0)
		fprintf(to, "\\u%04x", (unsigned)c);
	else
		fwrite(s, 1, (size_t)len, to);
	return len;
}

void
json_text(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (!text) {
		fputs("null", to);
		return;
	}
	putc('"', to);
	while (*s) {
		size_t n = plain(s);

		fwrite(s, 1, n, to);
		s += n > 0 ? n : (size_t)put_char(to, s);
	}
	putc('"', to);
}
