/* SPDX-License-Identifier: MIT */
/* device.c - the words of DEVICES */
#include "conf/device.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

static bool
is_node(const char *word, size_t n)
{
	if (strncmp(word, "/dev/", 5) && strncmp(word, "char-", 5) &&
	    strncmp(word, "block-", 6))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)word[i]) &&
		    !strchr("_/*.+-:@,=", word[i]))
			return false;
	return n > 0;
}

size_t
device_node(const char *word, const char **mode)
{
	const char *tail = strrchr(word, ':');
	size_t n = tail ? (size_t)(tail - word) : strlen(word);

	*mode = tail ? tail + 1 : "rwm";
	/* What cannot be meant as a mode belongs to the name of the node. */
	if (tail && (*mode)[strspn(*mode, letters)]) {
		n = strlen(word);
		*mode = "rwm";
	}
	if (!**mode || (*mode)[strspn(*mode, "rwm")])
		return 0;
	return is_node(word, n) ? n : 0;
}
