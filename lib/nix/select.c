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
	for (; *s; s++)
		if (*s < '0' || *s > '9' || (v = v * 10 + (*s - '0')) > max)
			return -1;
	return v;
}

/* days_of - the N of "Nd", or -1 */
static int64_t
days_of(const char *word)
{
	char digits[16];
	size_t n = strlen(word);

	if (n < 2 || n > sizeof(digits) || word[n - 1] != 'd')
		return -1;
	memcpy(digits, word, n - 1);
	digits[n - 1] = '\0';
	return select_number(digits, DAYS_MAX);
}

const char *
select_parse(struct select *spec, char *const word[], int count)
{
	*spec = (struct select){ .word = word, .count = count };
	if (count == 1 && !strcmp(word[0], "old")) {
		spec->kind = SELECT_OLD;
		return NULL;
	}
	if (count == 1 && (spec->n = days_of(word[0])) >= 1) {
		spec->kind = SELECT_DAYS;
		return NULL;
	}
	if (count == 1 && word[0][0] == '+' &&
	    (spec->n = select_number(word[0] + 1, PROFILE_MAX)) >= 1) {
		spec->kind = SELECT_KEEP;
		return NULL;
	}
	spec->kind = SELECT_NUMBERS;
	for (int i = 0; i < count; i++)
		if (select_number(word[i], PROFILE_MAX) < 0)
			return word[i];
	return NULL;
}

static void
select_days(const struct profile *p, int64_t before, bool *doomed)
{
	bool older = false;

	for (size_t i = p->n; i-- > 0; ) {
		if (older)
			doomed[i] = p->gen[i].date < before &&
			    p->gen[i].number != p->current;
		else
			older = p->gen[i].date < before;
	}
}

static void
select_beyond(const struct profile *p, int64_t keep, bool *doomed)
{
	for (size_t i = p->n; i-- > 0; )
		if (p->gen[i].number <= p->current && keep-- <= 0)
			doomed[i] = true;
}

static int
select_numbers(const struct select *spec, const struct profile *p, bool *doomed)
{
	for (int k = 0; k < spec->count; k++) {
		int64_t n = select_number(spec->word[k], PROFILE_MAX);
		const struct generation *g = profile_find(p, n);

		if (n == p->current) {
			errno = EBUSY;
			return -1;
		}
		if (g)
			doomed[g - p->gen] = true;
	}
	return 0;
}

int
select_select(const struct select *spec, const struct profile *p, int64_t now,
    bool *doomed)
{
	memset(doomed, 0, p->n * sizeof(*doomed));
	if (spec->kind == SELECT_NUMBERS)
		return select_numbers(spec, p, doomed);
	if (p->current < 0) {
		errno = ESRCH;
		return -1;
	}
	if (spec->kind == SELECT_DAYS)
		select_days(p, now - spec->n * DAY_S, doomed);
	else if (spec->kind == SELECT_KEEP)
		select_beyond(p, spec->n, doomed);
	else
		for (size_t i = 0; i < p->n; i++)
			doomed[i] = p->gen[i].number != p->current;
	return 0;
}
