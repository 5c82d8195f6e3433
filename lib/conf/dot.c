/* SPDX-License-Identifier: MIT */
/*
 * dot.c - containers and their links as a graph for Graphviz
 *
 * Nodes are named by their kind: a bridge may have the name of a container.
 */
#define _GNU_SOURCE
#include "conf/dot.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/visible.h"
#include "conf/extra.h"
#include "conf/word.h"

/* inside - write text inside quotes; control characters become "?" */
static void
inside(FILE *to, const char *text)
{
	while (*text) {
		int n = visible_char((const unsigned char *)text, 4);

		if (n <= 0) {
			putc('?', to);
			n = 1;
		} else if (*text == '"' || *text == '\\') {
			fprintf(to, "\\%c", *text);
		} else {
			fwrite(text, 1, (size_t)n, to);
		}
		text += n;
	}
}

static void
quoted(FILE *to, const char *text)
{
	putc('"', to);
	inside(to, text);
	putc('"', to);
}

/* id - write the name of a node; kind is NULL for the host */
static void
id(FILE *to, const char *kind, const char *name)
{
	putc('"', to);
	if (kind)
		fprintf(to, "%s ", kind);
	inside(to, name);
	putc('"', to);
}

/* edge - write an edge, without attributes and the end of its line */
static void
edge(FILE *to, const char *kind, const char *name, const char *container)
{
	putc('\t', to);
	id(to, kind, name);
	fputs(" -- ", to);
	id(to, "container", container);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* first - is this the first time that this node is drawn? */
static bool
first(struct dot *d, const char *kind, const char *name)
{
	char *key, **found;

	if (asprintf(&key, "%s %s", kind, name) < 0) {
		d->failed = true;
		return false;
	}
	found = tsearch(key, &d->drawn, compare);
	if (found && *found == key)
		return true;
	d->failed |= !found;
	free(key);
	return false;
}

static void
shared_node(struct dot *d, const char *kind, const char *name,
    const char *shape)
{
	if (!first(d, kind, name))
		return;
	putc('\t', d->to);
	id(d->to, kind, name);
	fprintf(d->to, " [shape=%s label=", shape);
	quoted(d->to, name);
	fputs("];\n", d->to);
	if (strcmp(kind, "bridge") != 0)
		return;
	fputs("\t\"host\" -- ", d->to);
	id(d->to, kind, name);
	fputs(";\n", d->to);
}

/* The addresses of a link, joined by blanks. */
struct side {
	char text[4 * WORD_SIZE];
	size_t used;
};

static void
side_add(struct side *side, const char *text)
{
	size_t room = sizeof(side->text) - side->used;
	const char *between = side->used ? " " : "";
	size_t n;

	if (!text)
		return;
	n = (size_t)snprintf(side->text + side->used, room, "%s%s", between,
	    text);
	if (n >= room)		/* it is cut */
		n = room - 1;
	side->used += n;
}

/* attach - link a container to a bridge, or to the host */
static void
attach(struct dot *d, const char *name, const char *bridge,
    const struct side *side)
{
	if (bridge) {
		shared_node(d, "bridge", bridge, "ellipse");
		edge(d->to, "bridge", bridge, name);
	} else {
		edge(d->to, NULL, "host", name);
	}
	if (side->used) {
		fputs(" [label=", d->to);
		quoted(d->to, side->text);
		putc(']', d->to);
	}
	fputs(";\n", d->to);
}

/* attach_pair - the addresses of the container are in its node */
static void
attach_pair(struct dot *d, const struct view *v)
{
	const struct settings *s = &v->settings;
	const char *bridge = s->value[KEY_HOST_BRIDGE];
	struct side host = { .used = 0 };

	if (!bridge) {
		side_add(&host, s->value[KEY_HOST_ADDRESS]);
		side_add(&host, s->value[KEY_HOST_ADDRESS6]);
	}
	attach(d, v->name, bridge, &host);
}

static void
attach_extra(struct dot *d, const char *name, const char *word)
{
	struct side both = { .used = 0 };
	const char *bridge = NULL;
	struct extra e;

	if (extra_begin(&e, word) < 0)
		return;
	while (extra_next(&e)) {
		if (!strcmp(e.key, "bridge"))
			bridge = e.value;
		else if (!strcmp(e.key, "host") || !strcmp(e.key, "local"))
			side_add(&both, e.value);
	}
	attach(d, name, bridge, &both);
}

static void
attach_extras(struct dot *d, const struct view *v)
{
	const char *rest = v->settings.value[KEY_EXTRA_VETHS];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1)
		attach_extra(d, v->name, word);
}

static void
interfaces(struct dot *d, const struct view *v, enum key key, const char *how)
{
	const char *rest = v->settings.value[key];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1) {
		word[strcspn(word, ":")] = '\0';
		shared_node(d, "interface", word, "plain");
		edge(d->to, "interface", word, v->name);
		fprintf(d->to, " [label=\"%s\"];\n", how);
	}
}

/* network - write its network: its own, another namespace, or the host's */
static void
network(struct dot *d, const struct view *v)
{
	const struct settings *s = &v->settings;
	const char *path = s->value[KEY_NETWORK_NAMESPACE_PATH];

	if (settings_on(s, KEY_PRIVATE_NETWORK)) {
		attach_pair(d, v);
	} else if (path) {
		shared_node(d, "namespace", path, "ellipse");
		edge(d->to, "namespace", path, v->name);
		fputs(";\n", d->to);
	} else if (!settings_private(s)) {
		edge(d->to, NULL, "host", v->name);
		fputs(" [style=bold label=\"network of the host\"];\n", d->to);
	}
}

void
dot_begin(struct dot *d, FILE *to)
{
	struct utsname host;

	*d = (struct dot){ .to = to };
	if (uname(&host) < 0)
		strcpy(host.nodename, "host");
	fputs("graph containers {\n\tgraph [rankdir=\"LR\" nodesep=\"0.15\" "
	    "ranksep=\"1.5\"];\n\tnode [shape=box];\n\t\"host\" [label=", to);
	quoted(to, host.nodename);
	fputs(" shape=box3d];\n", to);
}

/* lines - add each item of a value to a label, in a line of its own */
static void
lines(FILE *to, const char *value)
{
	char word[WORD_SIZE];

	while (value && word_item(&value, word) == 1) {
		fputs("\\n", to);
		inside(to, word);
	}
}

/* node - with its addresses, and the ports that are forwarded to it */
static void
node(struct dot *d, const struct view *v)
{
	const struct settings *s = &v->settings;

	putc('\t', d->to);
	id(d->to, "container", v->name);
	fputs(" [label=\"", d->to);
	inside(d->to, v->name);
	if (settings_private(s)) {
		lines(d->to, s->value[KEY_LOCAL_ADDRESS]);
		lines(d->to, s->value[KEY_LOCAL_ADDRESS6]);
	}
	lines(d->to, s->value[KEY_HOST_PORT]);
	fputs(v->status.state == STATUS_UP ? "\"];\n" :
	    "\" style=dotted];\n", d->to);
}

void
dot_container(struct dot *d, const struct view *v)
{
	node(d, v);
	network(d, v);
	attach_extras(d, v);
	interfaces(d, v, KEY_INTERFACES, "moved");
	interfaces(d, v, KEY_MACVLANS, "macvlan");
}

int
dot_end(struct dot *d)
{
	fputs("}\n", d->to);
	tdestroy(d->drawn, free);
	d->drawn = NULL;
	if (!d->failed)
		return 0;
	errno = ENOMEM;
	return -1;
}
