/* SPDX-License-Identifier: MIT */
#ifndef CONF_FINDINGS_H
#define CONF_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "conf/names.h"

/* What repairs a difference: a command, mostly with the name of the container. */
enum findings_mend {
	MEND_NONE,		/* its settings themselves are wrong */
	MEND_NETWORK,
	MEND_RULES,
	MEND_CLEANUP,
	MEND_RESTART,
	MEND_RELOAD,		/* of systemd */
};

struct finding {
	char name[NAMES_SIZE];	/* of the container */
	char *text;		/* owned */
	size_t order;
	enum findings_mend mend;
};

/* The differences that were found; zeroed. */
struct findings {
	size_t n, room;
	struct finding *list;	/* owned */
	bool lost;		/* out of memory: some are missing */
};

/* findings_add - one more, of a container */
__attribute__((format(printf, 4, 5)))
void findings_add(struct findings *f, const char *name,
    enum findings_mend mend, const char *fmt, ...);

/*
 * findings_print - print them by container, in the order in which they were found
 *
 * json: as an array of objects with the members name, difference and mend.
 * findings_mend prints one line with some of the commands that repair them, or
 * nothing if there are none.
 */
void findings_print(struct findings *f, bool json, FILE *out);
void findings_mend(const struct findings *f, FILE *out);

void findings_free(struct findings *f);

#endif
