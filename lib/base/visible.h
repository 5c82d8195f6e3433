/* SPDX-License-Identifier: MIT */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * visible_decode - decode the character at s to *c, and return its length
 *
 * n: the number of bytes at s, at least 1.  Returns 0 if s[0] does not begin a
 * UTF-8 character, or -1 if more bytes are needed.  Source: RFC 3629.
 */
int visible_decode(const unsigned char *s, size_t n, uint32_t *c);

/*
 * visible_char - the length of the character at s, if it is safe to print
 *
 * n: the number of bytes at s, at least 1.  Returns 0 if it is not safe: a
 * control character (C0 with newline and tab, C1), a bidirectional control, or
 * not UTF-8.  Returns -1 if more bytes are needed.
 * Source: RFC 3629, Unicode Standard Annex 9.
 */
int visible_char(const unsigned char *s, size_t n);

/*
 * visible_text - copy text, with each unsafe byte as \xNN
 *
 * Newlines and tabs stay.  to has space for 4 * n bytes; *len becomes the number
 * of bytes written.  Returns the number of bytes of s used: all if last is set,
 * else an incomplete character at the end is left for the next call.
 */
size_t visible_text(char *to, size_t *len, const unsigned char *s, size_t n,
    bool last);

/*
 * visible_line - print text as one line, without a newline at its end
 *
 * Each unsafe byte becomes \xNN, even newlines and tabs.
 */
void visible_line(FILE *to, const char *text);

#endif
