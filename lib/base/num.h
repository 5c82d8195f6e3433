/* SPDX-License-Identifier: MIT */
#ifndef BASE_NUM_H
#define BASE_NUM_H

/*
 * num_read - read a number: decimal digits, and nothing else
 *
 * max: the largest allowed, below LLONG_MAX / 10.  Returns the number, or -1 for
 * any other text.  It makes static programs 2 KiB smaller than strtol(3) does.
 */
long long num_read(const char *text, long long max);

#endif
