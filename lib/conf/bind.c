/* SPDX-License-Identifier: MIT */
/* bind.c - one word of BIND and BIND_RO */
#include "conf/bind.h"

#include <string.h>

/* next_part - read up to a colon; *rest is NULL behind the last part */
static const char *
next_part(char **rest)
{
	char *from = *rest, *in = from, *out = from;

	if (!from)
		return NULL;
	for (; *in && *in != ':'; in++) {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in;
	}
	*rest = NULL;
	if (*in)
		*rest = in + 1;
	*out = '\0';
	return from;
}

static bool
are_options(const char *text)
{
	size_t n;

	for (;; text += n + 1) {
		n = strcspn(text, ",");
		if (!word_in(text, n, "rbind norbind idmap noidmap "
		    "rootidmap owneridmap"))
			return false;
		if (!text[n])
			return true;
	}
}

int
bind_split(const char *word, struct bind *b)
{
	char *rest;

	b->in_tree = *word == '+';
	word += b->in_tree;
	if (strlen(word) >= sizeof(b->text))
		return -1;
	strcpy(b->text, word);
	rest = b->text;
	b->source = next_part(&rest);
	b->inside = next_part(&rest);
	b->options = rest;
	if (!b->inside)
		b->inside = b->source;
	return 0;
}

int
bind_parse(const char *word, struct bind *b)
{
	if (bind_split(word, b) < 0)
		return -1;
	if (*b->source && *b->source != '/')
		return -1;
	if (*b->inside != '/')
		return -1;
	if (b->options && !are_options(b->options))
		return -1;
	return 0;
}

bool
bind_maps(const struct bind *b)
{
	return b->options && strstr(b->options, "idmap");
}
