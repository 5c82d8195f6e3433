/* SPDX-License-Identifier: MIT */
/* findings.c - differences between settings and what is there */
#define _GNU_SOURCE
#include "conf/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/visible.h"

enum { COMMANDS = 5, COMMAND_SIZE = 128 };

void
findings_add(struct findings *f, const char *name, enum findings_mend mend,
    const char *fmt, ...)
{
	struct finding *one;
	va_list ap;

	if (f->n == f->room) {
		size_t more = 2 * f->room + 16;
		void *p = realloc(f->list, more * sizeof(*f->list));

		if (!p) {
			f->lost = true;
			return;
		}
		f->list = p;
		f->room = more;
	}
	one = &f->list[f->n];
	one->order = f->n;
	one->mend = mend;
	snprintf(one->name, sizeof(one->name), "%s", name);
	va_start(ap, fmt);
	if (vasprintf(&one->text, fmt, ap) < 0)
		f->lost = true;
	else
		f->n++;
	va_end(ap);
}

static int
by_name(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (r != 0)
		return r;
	return x->order < y->order ? -1 : 1;
}

/* command - what repairs it; returns buf, or NULL */
static const char *
command(const struct finding *one, char buf[COMMAND_SIZE])
{
	static const char *const verbs[] = {
		[MEND_NETWORK] = "network",
		[MEND_CLEANUP] = "cleanup",
		[MEND_RESTART] = "restart",
	};

	switch (one->mend) {
	case MEND_NONE:
		return NULL;
	case MEND_RULES:
		return "nixos-container rules";
	case MEND_RELOAD:
		return "systemctl daemon-reload";
	default:
		snprintf(buf, COMMAND_SIZE, "nixos-container %s %s",
		    verbs[one->mend], one->name);
		return buf;
	}
}

static void
print_json(const struct finding *one, FILE *out)
{
	char buf[COMMAND_SIZE];

	fputs("{\"name\":", out);
	json_text(out, one->name);
	fputs(",\"difference\":", out);
	json_text(out, one->text);
	fputs(",\"mend\":", out);
	json_text(out, command(one, buf));
	putc('}', out);
}

void
findings_print(struct findings *f, bool json, FILE *out)
{
	if (f->n > 1)
		qsort(f->list, f->n, sizeof(*f->list), by_name);
	if (json)
		putc('[', out);
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];

		if (json) {
			fputs(i > 0 ? ",\n " : "", out);
			print_json(one, out);
		} else {
			fprintf(out, "%s: ", one->name);
			visible_line(out, one->text);
			putc('\n', out);
		}
	}
	if (json)
		fputs("]\n", out);
}

/* is_new - is it none of the n commands before? */
static bool
is_new(char known[][COMMAND_SIZE], int n, const char *text)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(known[i], text))
			return false;
	return true;
}

void
findings_mend(const struct findings *f, FILE *out)
{
	char known[COMMANDS][COMMAND_SIZE], buf[COMMAND_SIZE];
	int n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const char *text = command(&f->list[i], buf);

		if (!text || !is_new(known, n, text))
			continue;
		if (n == COMMANDS) {
			fputs("; and so on", out);
			break;
		}
		fprintf(out, "%s%s", n > 0 ? "; " : "to repair: ", text);
		strcpy(known[n++], text);
	}
}

void
findings_free(struct findings *f)
{
	while (f->n > 0)
		free(f->list[--f->n].text);
	free(f->list);
}
