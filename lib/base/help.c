/* SPDX-License-Identifier: MIT */
/* help.c - print a tool's usage and help from its tables */
#include "base/help.h"

#include <string.h>

/* write_forms - write each form of the command; *lead starts the first line */
static void
write_forms(const struct cli *cli, const struct cli_verb *v, const char **lead,
    FILE *out)
{
	const char *line = v->synopsis;

	for (;;) {
		size_t n = strcspn(line, "\n");

		if (*line == ' ') {
			fprintf(out, "          %.*s\n", (int)n, line);
		} else {
			fprintf(out, "%s %s", *lead, cli->tool);
			if (cli->common)
				fputs(" [OPTION]...", out);
			if (*v->name)
				fprintf(out, " %s", v->name);
			if (n > 0)
				fprintf(out, " %.*s", (int)n, line);
			putc('\n', out);
		}
		*lead = "      ";
		line += n;
		if (!*line)
			break;
		line++;
	}
}

/* write_usage - write the usage of a verb, or of all if it is NULL */
static void
write_usage(const struct cli *cli, const struct cli_verb *verb, FILE *out)
{
	const char *lead = "usage:";

	if (verb) {
		write_forms(cli, verb, &lead, out);
		return;
	}
	for (const struct cli_verb *v = cli->verbs; v->name; v++)
		write_forms(cli, v, &lead, out);
}

static bool
is_shown(const struct cli *cli, const struct cli_verb *verb, char key)
{
	if (!verb || (cli->common && strchr(cli->common, key)))
		return true;
	return verb->options && strchr(verb->options, key);
}

/* option_label - write "-k, --name ARG"; returns its length */
static int
option_label(const struct cli_option *o, char *buf, size_t size)
{
	char letter[5] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->key);
	if (!o->arg)
		return snprintf(buf, size, "%s--%s", letter, o->name);
	return snprintf(buf, size, "%s--%s %s", letter, o->name, o->arg);
}

static void
write_option(const struct cli_option *o, int width, FILE *out)
{
	char label[64];
	const char *line = o->help;

	option_label(o, label, sizeof(label));
	fprintf(out, "  %-*s  ", width, label);
	for (;;) {
		size_t n = strcspn(line, "\n");

		fprintf(out, "%.*s\n", (int)n, line);
		line += n;
		if (!*line)
			break;
		line++;
		fprintf(out, "  %*s  ", width, "");
	}
}

/* write_options - write the options of a verb, or all if it is NULL */
static void
write_options(const struct cli *cli, const struct cli_verb *verb, FILE *out)
{
	char label[64];
	int width = 0;

	for (const struct cli_option *o = cli->options; o->key; o++) {
		int n = option_label(o, label, sizeof(label));

		if (is_shown(cli, verb, o->key) && n > width)
			width = n;
	}
	if (width < (int)strlen("-V, --version"))
		width = (int)strlen("-V, --version");
	for (const struct cli_option *o = cli->options; o->key; o++)
		if (is_shown(cli, verb, o->key))
			write_option(o, width, out);
	for (const struct cli_option *o = cli_builtin; o->key; o++)
		write_option(o, width, out);
}

static void
write_verbs(const struct cli *cli, FILE *out)
{
	int width = 0;

	for (const struct cli_verb *v = cli->verbs; v->name; v++)
		if (width < (int)strlen(v->name))
			width = (int)strlen(v->name);
	for (const struct cli_verb *v = cli->verbs; v->name; v++)
		fprintf(out, "  %-*s  %s\n", width, v->name, v->help);
}

void
help_write(const struct cli *cli, const struct cli_verb *verb, FILE *out)
{
	write_usage(cli, verb, out);
	putc('\n', out);
	if (verb)
		fprintf(out, "  %s\n", verb->help);
	else
		write_verbs(cli, out);
	if (cli->notes)
		fprintf(out, "\n%s\n", cli->notes);
	putc('\n', out);
	write_options(cli, verb, out);
}
