/* SPDX-License-Identifier: MIT */
/* subid.c - subordinate IDs: every range is one, and what is written reads back */
#define _GNU_SOURCE
#include "fuzz.h"

#include "conf/subid.h"

static void
right(const struct subid *id)
{
	char text[128];
	struct subid again;
	FILE *f;

	fuzz_must(*id->owner && !strpbrk(id->owner, ":\n"));
	fuzz_must(id->range.first < id->range.end);
	fuzz_must(id->range.end <= SUBID_END);
	fuzz_must(subid_overlap(&id->range, &id->range));
	snprintf(text, sizeof(text), "%s:%llu:%llu\n", id->owner,
	    (unsigned long long)id->range.first,
	    (unsigned long long)(id->range.end - id->range.first));
	f = fmemopen(text, strlen(text), "r");
	fuzz_must(f);
	fuzz_must(subid_next(f, &again));
	fuzz_must(!strcmp(id->owner, again.owner));
	fuzz_must(!memcmp(&id->range, &again.range, sizeof(again.range)));
	fuzz_must(!subid_next(f, &again));
	fclose(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	FILE *f = fmemopen(text, size + 1, "r");
	size_t lines = 1, ranges = 0;
	struct subid id;

	fuzz_must(f);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	while (subid_next(f, &id)) {
		right(&id);
		ranges++;
	}
	fuzz_must(ranges <= lines);
	fclose(f);
	free(text);
	return 0;
}
