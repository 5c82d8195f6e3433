/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT = 32 };

/* clock_ms - milliseconds of CLOCK_MONOTONIC, which nothing can set */
int64_t clock_ms(void);

/*
 * clock_text - a time in seconds since 1970 as text: "-" if it has no date
 *
 * As "2026-01-31 10:00:00" in local time; utc: "2026-01-31T09:00:00Z", for JSON.
 */
void clock_text(int64_t time, bool utc, char text[CLOCK_TEXT]);

#endif
