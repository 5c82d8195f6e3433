/* SPDX-License-Identifier: MIT */
/* visible.c - text that a terminal shows and does not obey */
#include "base/visible.h"

#include <stdint.h>

/* bad - is it a control character, or no character at all? */
static bool
bad(uint32_t c)
{
	return c < 0xa0 ||				/* C1 */
	    (c >= 0x202a && c <= 0x202e) ||		/* embed, override */
	    (c >= 0x2066 && c <= 0x2069) ||		/* isolate */
	    (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff;
}

int
visible_char(const unsigned char *s, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = s[0];
	size_t len = 2;

	if (c < 0x80)
		return c >= ' ' && c != 0x7f;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c >= 0xe0)
		len = c >= 0xf0 ? 4 : 3;
	c &= 0x7fU >> len;
	for (size_t i = 1; i < len; i++) {
		if (i == n)
			return -1;
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	return c < least[len] || bad(c) ? 0 : (int)len;
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
