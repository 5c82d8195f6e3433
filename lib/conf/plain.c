/* SPDX-License-Identifier: MIT */
/* plain.c - containers as text for people */
#include "conf/plain.h"

#include <inttypes.h>
#include <string.h>

#include "base/visible.h"

enum { NUMBER_SIZE = 32 };

/* two - the values of two keys, a blank between them; or the fallback */
static void
two(FILE *to, const struct settings *s, enum key a, enum key b,
    const char *fallback)
{
	const char *first = s->value[a], *second = s->value[b];

	if (!first && !second)
		fputs(fallback, to);
	if (first)
		visible_line(to, first);
	if (first && second)
		putc(' ', to);
	if (second)
		visible_line(to, second);
}

void
plain_head(FILE *to, int wide)
{
	fprintf(to, "%-*s  %-8s  %-5s  %-4s  %-5s  %-19s  %s\n", wide,
	    "NAME", "STATE", "GEN", "AUTO", "USERS", "SINCE (UTC)", "ADDRESSES");
}

void
plain_row(FILE *to, int wide, const struct view *v)
{
	char since[SYSTEMCTL_TIME] = "-", generation[NUMBER_SIZE] = "-";
	const struct status *st = &v->status;

	if (st->since)
		snprintf(since, sizeof(since), "%.10s %.8s", st->since,
		    st->since + strlen("YYYY-MM-DDT"));
	if (st->generation >= 0)
		snprintf(generation, sizeof(generation), "%" PRId64,
		    st->generation);
	fprintf(to, "%-*s  %-8s  %-5s  %-4s  %-5s  %-19s  ", wide, v->name,
	    status_name(st->state), generation,
	    settings_on(&v->settings, KEY_AUTO_START) ? "yes" : "no",
	    settings_own_users(&v->settings) ? "own" : "host", since);
	two(to, &v->settings, KEY_LOCAL_ADDRESS, KEY_LOCAL_ADDRESS6, "-");
	putc('\n', to);
}

static void
label(FILE *to, const char *what)
{
	fprintf(to, "%s:%*s", what, 12 - (int)strlen(what), "");
}

static void
line(FILE *to, const char *what, const char *value)
{
	if (!value)
		return;
	label(to, what);
	visible_line(to, value);
	putc('\n', to);
}

static void
number(FILE *to, const char *what, int64_t value)
{
	char text[NUMBER_SIZE];

	if (value < 0)
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	line(to, what, text);
}

static void
size(FILE *to, const char *what, int64_t bytes)
{
	char text[NUMBER_SIZE];

	if (bytes < 0)
		return;
	if (bytes >= 1 << 20)
		snprintf(text, sizeof(text), "%" PRId64 " MiB", bytes >> 20);
	else
		snprintf(text, sizeof(text), "%" PRId64 " KiB", bytes >> 10);
	line(to, what, text);
}

static void
both(FILE *to, const char *what, const struct settings *s, enum key a,
    enum key b)
{
	if (!s->value[a] && !s->value[b])
		return;
	label(to, what);
	two(to, s, a, b, "");
	putc('\n', to);
}

void
plain_all(FILE *to, const struct view *v)
{
	const struct settings *s = &v->settings;
	const char *error = NULL;

	line(to, "name", v->name);
	line(to, "state", status_name(v->status.state));
	line(to, "since", v->status.since);
	number(to, "leader", v->status.leader);
	size(to, "memory", v->status.memory);
	number(to, "tasks", v->status.tasks);
	fprintf(to, "%-12s container@%s.service\n", "unit:", v->name);
	line(to, "root", v->tree);
	line(to, "settings", v->file);
	line(to, "system", view_system(v));
	number(to, "generation", v->status.generation);
	line(to, "flake", s->value[KEY_FLAKE]);
	line(to, "config file", s->value[KEY_CONFIG_FILE]);
	line(to, "declared in", s->value[KEY_DECLARED_IN]);
	line(to, "autostart", settings_on(s, KEY_AUTO_START) ? "yes" : "no");
	line(to, "users", settings_own_users(s) ? "own" : "host");
	both(to, "addresses", s, KEY_LOCAL_ADDRESS, KEY_LOCAL_ADDRESS6);
	both(to, "host", s, KEY_HOST_ADDRESS, KEY_HOST_ADDRESS6);
	line(to, "bridge", s->value[KEY_HOST_BRIDGE]);
	line(to, "ports", s->value[KEY_HOST_PORT]);
	line(to, "allow from", s->value[KEY_ALLOW_FROM]);
	while ((error = view_error(v, error)))
		line(to, "error", error);
}
