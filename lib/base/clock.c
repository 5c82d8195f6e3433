/* SPDX-License-Identifier: MIT */
/* clock.c - for deadlines, and times as text */
#include "base/clock.h"

#include <string.h>
#include <time.h>

int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
clock_text(int64_t time, bool utc, char text[CLOCK_TEXT])
{
	time_t t = (time_t)time;
	const struct tm *tm = utc ? gmtime(&t) : localtime(&t);

	if (!tm || strftime(text, CLOCK_TEXT, utc ? "%Y-%m-%dT%H:%M:%SZ" :
	    "%Y-%m-%d %H:%M:%S", tm) == 0)
		strcpy(text, "-");
}
