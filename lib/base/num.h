/* SPDX-License-Identifier: MIT */
#ifndef BASE_NUM_H
#define BASE_NUM_H

/*
 * num_read - read a number: decimal digits, and nothing else
 *
 * max: the largest, below LONG_MAX / 10.  Returns the number, or -1 where the
 * text is none.  Static programs are 2 KiB smaller by it than by strtol(3).
 */
long num_read(const char *text, long max);

#endif
