/* SPDX-License-Identifier: MIT */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * visible_decode - the length of the character at s, which goes to *c
 *
 * n: how many bytes are there, 1 at least.  Returns 0 if s[0] begins no
 * character of UTF-8, or -1 if more bytes must be seen.  Source: RFC 3629.
 */
int visible_decode(const unsigned char *s, size_t n, uint32_t *c);

/*
 * visible_char - the length of the character at s, if a terminal only shows it
 *
 * n: how many bytes are there, 1 at least.  Returns 0 if s[0] begins none: it
 * is part of a control character (newline and tab too, and those of C1), of
 * one that turns the direction of writing, or of no UTF-8.  Returns -1 if more
 * bytes must be seen.  Source: RFC 3629, Unicode Standard Annex 9.
 */
int visible_char(const unsigned char *s, size_t n);

/*
 * visible_text - copy text, each byte that a terminal would obey as \xNN
 *
 * Newlines and tabs stay.  to has room for four times n bytes, *len is how many
 * were filled.  Returns how many bytes of s were used: all of them if last is
 * set, else a character that is cut off is left for the next call.
 */
size_t visible_text(char *to, size_t *len, const unsigned char *s, size_t n,
    bool last);

/*
 * visible_line - print text as one line, without a newline at its end
 *
 * Each byte that a terminal would obey becomes \xNN, of a newline or a tab,
 * too.
 */
void visible_line(FILE *to, const char *text);

#endif
