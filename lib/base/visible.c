/* SPDX-License-Identifier: MIT */
/* visible.c - make text safe to print on a terminal */
#include "base/visible.h"

/* shown - is it neither a control character nor a bidirectional control? */
static bool
shown(uint32_t c)
{
	if (c < ' ' || (c >= 0x7f && c < 0xa0))		/* C0, DEL, C1 */
		return false;
	return c != 0x61c && c != 0x200e && c != 0x200f &&	/* marks */
	    (c < 0x202a || c > 0x202e) &&		/* embed, override */
	    (c < 0x2066 || c > 0x2069);			/* isolate */
}

int
visible_decode(const unsigned char *s, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = 2;

	*c = s[0];
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	if (s[0] >= 0xe0)
		len = 3;
	if (s[0] >= 0xf0)
		len = 4;
	*c &= 0x7fU >> len;
	for (size_t i = 1; i < len; i++) {
		if (i == n)
			return -1;
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3fU);
	}
	if (*c < least[len] || (*c >= 0xd800 && *c <= 0xdfff) || *c > 0x10ffff)
		return 0;
	return (int)len;
}

int
visible_char(const unsigned char *s, size_t n)
{
	uint32_t c;
	int len = visible_decode(s, n, &c);

	if (len > 0 && !shown(c))
		return 0;
	return len;
}

size_t
visible_text(char *to, size_t *len, const unsigned char *s, size_t n,
    bool last)
{
	static const char hex[] = "0123456789abcdef";
	size_t i = 0, out = 0;

	while (i < n) {
		int known = visible_char(s + i, n - i);

		if (known < 0 && !last)
			break;
		if (s[i] == '\n' || s[i] == '\t')
			known = 1;
		if (known <= 0) {
			to[out++] = '\\';
			to[out++] = 'x';
			to[out++] = hex[s[i] >> 4];
			to[out++] = hex[s[i++] & 0xf];
			continue;
		}
		for (; known > 0; known--)
			to[out++] = (char)s[i++];
	}
	*len = out;
	return i;
}

void
visible_line(FILE *to, const char *text)
{
	while (*text) {
		const unsigned char *s = (const unsigned char *)text;
		/* The zero byte at the end ends any incomplete character. */
		int known = visible_char(s, 4);

		if (known > 0) {
			fwrite(text, 1, (size_t)known, to);
		} else {
			fprintf(to, "\\x%02x", *s);
			known = 1;
		}
		text += known;
	}
}
