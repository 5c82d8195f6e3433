/* SPDX-License-Identifier: MIT */
/* report.c - how generations are shown */
#include "nix/report.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
report_print(const char *s, bool json)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c >= 0x7f)
			printf(json ? "\\u%04x" : "\\x%02x", c);
		else if (c == '\\' || (json && c == '"'))
			printf("\\%c", c);
		else
			putchar(c);
	}
}

static void
print_one(const struct generation *g, const char *target, bool current,
    bool json)
{
	char date[32];
	time_t t = (time_t)g->date;
	struct tm *tm = json ? gmtime(&t) : localtime(&t);

	if (!tm || strftime(date, sizeof(date), json ? "%Y-%m-%dT%H:%M:%SZ" :
	    "%Y-%m-%d %H:%M:%S", tm) == 0)
		strcpy(date, "-");
	if (json)
		printf("{\"number\":%" PRIu32 ",\"date\":\"%s\",\"target\":\"",
		    g->number, date);
	else
		printf("%4" PRIu32 "   %s   %-9s   ", g->number, date,
		    current ? "(current)" : "");
	report_print(target, json);
	if (json)
		printf("\",\"current\":%s}", current ? "true" : "false");
	else
		putchar('\n');
}

void
report_list(int dir, const struct profile *p, bool json)
{
	const char *between = "";
	char target[PATH_MAX];

	if (json)
		putchar('[');
	for (size_t i = 0; i < p->n; i++) {
		const struct generation *g = &p->gen[i];

		if (profile_target(dir, g->number, target, sizeof(target)) < 0)
			continue;	/* it has been removed meanwhile */
		if (json)
			fputs(between, stdout);
		between = ",\n";
		print_one(g, target, g->number == p->current, json);
	}
	if (json)
		puts("]");
}
