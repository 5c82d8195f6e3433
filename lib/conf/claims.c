/* SPDX-License-Identifier: MIT */
/* claims.c - what other containers have on the host, by their records */
#include "conf/claims.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "base/num.h"
#include "conf/extra.h"
#include "conf/word.h"

enum { LINE = 512 };

/* read_element - "forward4 tcp . 8080 : ...", as older versions recorded it */
static bool
read_element(char *line, struct port *port)
{
	static const char form[] = "forwardN tcp . ";
	char *number = line + sizeof(form) - 1;

	if (strncmp(line, "forward", 7) != 0 || strlen(line) < sizeof(form))
		return false;
	*port = (struct port){ .udp = !strncmp(line + 9, "udp", 3) };
	number[strspn(number, "0123456789")] = '\0';
	port->host = port->last = (int)num_read(number, 65535);
	return port->host > 0;
}

/* read_port - a line as rules_print writes it */
static bool
read_port(char *line, struct port *port)
{
	static const char form[] = "claim ";
	const char *expected;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, form, sizeof(form) - 1) != 0)
		return read_element(line, port);
	return port_parse(line + sizeof(form) - 1, port, &expected) == 0;
}

/* find_port - returns the first port that both have, or 0 */
static int
find_port(FILE *record, const struct port *port)
{
	struct port theirs;
	char line[LINE];

	rewind(record);
	while (fgets(line, sizeof(line), record)) {
		if (!read_port(line, &theirs) || !port_overlap(port, &theirs))
			continue;
		if (theirs.host > port->host)
			return theirs.host;
		return port->host;
	}
	return 0;
}

/* has_link - a link is in one of two sets, routed or on a bridge */
static bool
has_link(FILE *record, const char *ifname)
{
	char line[LINE], routed[LINE], bridged[LINE];

	snprintf(routed, sizeof(routed), "links \"%s\"\n", ifname);
	snprintf(bridged, sizeof(bridged), "bridged \"%s\"\n", ifname);
	rewind(record);
	while (fgets(line, sizeof(line), record))
		if (!strcmp(line, routed) || !strcmp(line, bridged))
			return true;
	return false;
}

static void
find_in(FILE *record, const struct settings *s, const char *other,
    const struct claims_found *found)
{
	const char *ports = s->value[KEY_HOST_PORT], *expected;
	const char *pairs = s->value[KEY_EXTRA_VETHS];
	char word[WORD_SIZE];
	struct port port;
	struct extra e;
	int number;

	while (ports && word_item(&ports, word) == 1) {
		if (port_parse(word, &port, &expected) < 0)
			continue;
		number = find_port(record, &port);
		if (number > 0)
			found->port(number, &port, other, found->arg);
	}
	while (pairs && word_next(&pairs, word) == 1)
		if (extra_begin(&e, word) == 0 && has_link(record, e.name))
			found->link(e.name, other, found->arg);
}

/* owner_of - whose record is this file?  false: it is none, or that of name */
static bool
owner_of(const char *file, const char *name, char other[NAME_MAX + 1])
{
	char *dot;

	strcpy(other, file);
	dot = strrchr(other, '.');
	if (!dot || strcmp(dot, ".forward") != 0)
		return false;
	*dot = '\0';
	return name_ok(other) && strcmp(other, name) != 0;
}

void
claims_find(const struct settings *s, const char *run_dir, const char *name,
    const struct claims_found *found)
{
	char other[NAME_MAX + 1], path[PATH_MAX];
	DIR *d = opendir(run_dir);
	struct dirent *e;
	FILE *record;

	while (d && (e = readdir(d))) {
		if (!owner_of(e->d_name, name, other))
			continue;
		snprintf(path, sizeof(path), "%s/%s", run_dir, e->d_name);
		record = fopen(path, "re");
		if (!record)
			continue;
		find_in(record, s, other, found);
		fclose(record);
	}
	if (d)
		closedir(d);
}
