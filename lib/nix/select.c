/* SPDX-License-Identifier: MIT */
/* select.c - which generations to delete */
#include "nix/select.h"

#include <errno.h>
#include <string.h>

enum { DAYS_MAX = 2147483647, DAY_S = 24 * 3600 };

int64_t
select_number(const char *s, int64_t max)
{
	int64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s - '0');
		if (v > max)
			return -1;
	}
	return v;
}

/* parse_days - the N of "Nd", or -1 */
static int64_t
parse_days(const char *word)
{
	char digits[16];
	size_t n = strlen(word);

	if (n < 2 || n > sizeof(digits) || word[n - 1] != 'd')
		return -1;
	memcpy(digits, word, n - 1);
	digits[n - 1] = '\0';
	return select_number(digits, DAYS_MAX);
}

/* parse_keep - the N of "+N", or -1 */
static int64_t
parse_keep(const char *word)
{
	if (word[0] != '+')
		return -1;
	return select_number(word + 1, PROFILE_MAX);
}

const char *
select_parse(struct select *spec, char *const word[], int count)
{
	int64_t days = -1, keep = -1;

	*spec = (struct select){ .kind = SELECT_NUMBERS, .word = word,
	    .count = count };
	if (count == 1) {
		days = parse_days(word[0]);
		keep = parse_keep(word[0]);
	}
	if (count == 1 && !strcmp(word[0], "old")) {
		spec->kind = SELECT_OLD;
	} else if (days >= 1) {
		spec->kind = SELECT_DAYS;
		spec->n = days;
	} else if (keep >= 1) {
		spec->kind = SELECT_KEEP;
		spec->n = keep;
	} else {
		for (int i = 0; i < count; i++)
			if (select_number(word[i], PROFILE_MAX) < 0)
				return word[i];
	}
	return NULL;
}

static void
select_old(const struct profile *p, bool *chosen)
{
	for (size_t i = 0; i < p->n; i++)
		chosen[i] = p->entry[i].number != p->current;
}

static void
select_days(const struct profile *p, int64_t before, bool *chosen)
{
	bool older = false;

	for (size_t i = p->n; i-- > 0; ) {
		if (older)
			chosen[i] = p->entry[i].date < before &&
			    p->entry[i].number != p->current;
		else
			older = p->entry[i].date < before;
	}
}

static void
select_beyond(const struct profile *p, int64_t keep, bool *chosen)
{
	for (size_t i = p->n; i-- > 0; )
		if (p->entry[i].number <= p->current && keep-- <= 0)
			chosen[i] = true;
}

static int
select_numbers(const struct select *spec, const struct profile *p, bool *chosen)
{
	for (int k = 0; k < spec->count; k++) {
		int64_t n = select_number(spec->word[k], PROFILE_MAX);
		const struct profile_entry *g = profile_find(p, n);

		if (n == p->current) {
			errno = EBUSY;
			return -1;
		}
		if (g)
			chosen[g - p->entry] = true;
	}
	return 0;
}

int
select_apply(const struct select *spec, const struct profile *p, int64_t now,
    bool *chosen)
{
	memset(chosen, 0, p->n * sizeof(*chosen));
	if (spec->kind == SELECT_NUMBERS)
		return select_numbers(spec, p, chosen);
	if (p->current < 0) {
		errno = ESRCH;
		return -1;
	}
	if (spec->kind == SELECT_DAYS)
		select_days(p, now - spec->n * DAY_S, chosen);
	else if (spec->kind == SELECT_KEEP)
		select_beyond(p, spec->n, chosen);
	else
		select_old(p, chosen);
	return 0;
}
