/* SPDX-License-Identifier: MIT */
/* quote.c - quote values for a settings file */
#include "conf/quote.h"

#include <string.h>

size_t
quote_value(const char *value, char *buf)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=#?&~-";
	size_t n = strspn(value, plain);
	char *to = buf;

	if (value[n] == '\0') {
		memcpy(buf, value, n + 1);
		return n;
	}
	*to++ = '"';
	for (; *value; value++) {
		if (strchr("\"\\`$", *value))
			*to++ = '\\';
		*to++ = *value;
	}
	*to++ = '"';
	*to = '\0';
	return (size_t)(to - buf);
}
