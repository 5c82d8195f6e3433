/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* clock_ms - milliseconds of CLOCK_MONOTONIC, which nothing can set */
int64_t clock_ms(void);

#endif
