/* SPDX-License-Identifier: MIT */
/* num.c - read numbers */
#include "base/num.h"

long long
num_read(const char *text, long long max)
{
	long long n = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
		if (n > max)
			return -1;
	}
	return n;
}
