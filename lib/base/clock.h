/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* clock_ms - milliseconds of a clock that nobody sets (CLOCK_MONOTONIC) */
int64_t clock_ms(void);

#endif
