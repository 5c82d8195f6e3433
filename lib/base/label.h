/* SPDX-License-Identifier: MIT */
#ifndef BASE_LABEL_H
#define BASE_LABEL_H

#include <stddef.h>

/*
 * The output of a command, line by line, each behind a label: so that several
 * commands can share a terminal or a file.
 */
struct label {
	const char *text;	/* the label */
	int from, to;		/* descriptors, of the caller */
	size_t have;		/* bytes of a line that has not ended */
	unsigned char line[4096];
};

/*
 * label_copy - copy the lines that can be read now
 *
 * Each line is one write(2): the label, which is not repeated before a line that
 * begins with it, and the line with unsafe bytes made visible (visible_text).  A
 * line longer than the buffer becomes several.  Returns 1; 0 at the end of the
 * input; or -1 with errno, EAGAIN if nothing can be read without waiting.
 */
int label_copy(struct label *l);

/* label_end - print what is left as a line; returns 0, or -1 with errno */
int label_end(struct label *l);

/*
 * label_line - print a line of text behind the label; the same
 *
 * Of a label 256 bytes are printed, of a line as many as the buffer has.
 */
int label_line(struct label *l, const char *line, size_t n);

#endif
