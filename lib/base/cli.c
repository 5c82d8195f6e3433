/* SPDX-License-Identifier: MIT */
/* cli.c - read the command line of a tool with verbs, and show its help */
#include "base/cli.h"

#include <string.h>

enum { VERB_SIZE = 32, EDITS_MAX = 2 };

static const struct cli_option builtin_options[] = {
	{ CLI_HELP, "help", NULL, "print this help", true },
	{ CLI_VERSION, "version", NULL, "print the version", true },
	{ 0 },
};

/* edit_distance - insertions, deletions and changes between two words */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[VERB_SIZE], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > diagonal + 1)
				best = diagonal + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

const struct cli_verb *
cli_find(const struct cli *cli, const char *name,
    const struct cli_verb **nearest)
{
	size_t least = EDITS_MAX + 1;

	*nearest = NULL;
	for (const struct cli_verb *v = cli->verbs; v->name; v++) {
		size_t length = strlen(v->name), edits;

		if (!strcmp(v->name, name))
			return v;
		if (length >= VERB_SIZE)
			continue;
		edits = edit_distance(name, v->name);
		/* All of a short name may be changed in two edits. */
		if (edits < least && edits < length) {
			least = edits;
			*nearest = v;
		}
	}
	return NULL;
}

void
cli_start(struct cli_reader *r, const struct cli *cli, char *argv[])
{
	*r = (struct cli_reader){ .cli = cli, .operand = argv, .next = argv };
	if (argv[0]) {
		r->operand++;
		r->next++;
	}
}

/* find_verb - set r->verb; 0, or -1 and why */
static int
find_verb(struct cli_reader *r, const char *name, struct errmsg *why)
{
	const struct cli_verb *nearest;

	r->verb = cli_find(r->cli, name, &nearest);
	if (r->verb)
		return 0;
	if (nearest)
		return errmsg_set(why, "unknown verb: %s; did you mean %s?", name,
		    nearest->name);
	return errmsg_set(why, "unknown verb: %s; see --help", name);
}

/* read_operand - returns as cli_next, CLI_END to go on */
static int
read_operand(struct cli_reader *r, char *word, struct errmsg *why)
{
	if (r->verb) {
		r->operand[r->operands++] = word;
		if (r->verb->command)
			r->no_options = true;
		return CLI_END;
	}
	if (strcmp(word, "help") != 0)
		return find_verb(r, word, why);
	if (*r->next && find_verb(r, *r->next, why) < 0)
		return -1;
	return CLI_HELP;
}

/* found_option - record an option and return its key */
static int
found_option(struct cli_reader *r, const struct cli_option *o)
{
	size_t n = strlen(r->given);

	if (!strchr(r->given, o->key) && n + 1 < sizeof(r->given))
		r->given[n] = o->key;
	return o->key;
}

/* next_value - the argument of an option in the next word */
static int
next_value(struct cli_reader *r, const struct cli_option *o, struct errmsg *why)
{
	if (!*r->next)
		return errmsg_set(why, "--%s: missing argument %s", o->name,
		    o->arg);
	r->value = *r->next++;
	return 0;
}

/* match_long - the option of that name, or the only one that starts with it */
static const struct cli_option *
match_long(const struct cli *cli, const char *name, size_t length)
{
	const struct cli_option *const tables[] = { cli->options,
	    builtin_options };
	const struct cli_option *found = NULL;
	int matches = 0;

	for (int i = 0; i < 2; i++)
		for (const struct cli_option *o = tables[i]; o->key; o++) {
			if (strncmp(o->name, name, length) != 0)
				continue;
			if (!o->name[length])
				return o;
			found = o;
			matches++;
		}
	return matches == 1 ? found : NULL;
}

static int
read_long(struct cli_reader *r, const char *word, struct errmsg *why)
{
	size_t length = strcspn(word, "=");
	const struct cli_option *o = match_long(r->cli, word, length);
	bool has_value = word[length] == '=';

	r->value = NULL;
	if (!o)
		return errmsg_set(why, "unknown option: --%s; see --help", word);
	if (has_value && !o->arg)
		return errmsg_set(why, "--%s takes no argument", o->name);
	if (has_value)
		r->value = word + length + 1;
	else if (o->arg && next_value(r, o, why) < 0)
		return -1;
	return found_option(r, o);
}

static const struct cli_option *
match_letter(const struct cli *cli, char letter)
{
	const struct cli_option *const tables[] = { cli->options,
	    builtin_options };

	for (int i = 0; i < 2; i++)
		for (const struct cli_option *o = tables[i]; o->key; o++)
			if (o->letter && o->key == letter)
				return o;
	return NULL;
}

/* read_letter - read the next of r->letters */
static int
read_letter(struct cli_reader *r, struct errmsg *why)
{
	char letter = *r->letters++;
	const struct cli_option *o = match_letter(r->cli, letter);

	r->value = NULL;
	if (!o)
		return errmsg_set(why, "unknown option: -%c; see --help", letter);
	if (o->arg && *r->letters) {
		r->value = r->letters;
		r->letters = NULL;
	} else if (o->arg && next_value(r, o, why) < 0) {
		return -1;
	}
	return found_option(r, o);
}

/* check_option - does the verb take the option of that key? */
static int
check_option(const struct cli_reader *r, char key, struct errmsg *why)
{
	const struct cli *cli = r->cli;
	const struct cli_option *o = cli->options;

	if ((cli->common && strchr(cli->common, key)) ||
	    (r->verb->options && strchr(r->verb->options, key)))
		return 0;
	while (o->key != key)
		o++;
	return errmsg_set(why, "%s takes no --%s", r->verb->name, o->name);
}

/* check_line - check the whole command line; CLI_END, or -1 and why */
static int
check_line(struct cli_reader *r, struct errmsg *why)
{
	const struct cli_verb *v = r->verb;

	r->operand[r->operands] = NULL;
	if (!v)
		return errmsg_set(why, "no verb; see --help");
	for (const char *key = r->given; *key; key++)
		if (check_option(r, *key, why) < 0)
			return -1;
	if (r->operands < v->min)
		return errmsg_set(why, "%s: missing argument; see --help",
		    v->name);
	if (r->operands > v->max)
		return errmsg_set(why, "%s: unexpected argument: %s", v->name,
		    r->operand[v->max]);
	return CLI_END;
}

int
cli_next(struct cli_reader *r, struct errmsg *why)
{
	if (r->letters && *r->letters)
		return read_letter(r, why);
	while (*r->next) {
		char *word = *r->next++;
		int key;

		if (r->no_options || word[0] != '-' || !word[1]) {
			key = read_operand(r, word, why);
			if (key != CLI_END)
				return key;
		} else if (!strcmp(word, "--")) {
			r->no_options = true;
		} else if (word[1] == '-') {
			return read_long(r, word + 2, why);
		} else {
			r->letters = word + 1;
			return read_letter(r, why);
		}
	}
	return check_line(r, why);
}

/* write_forms - write each form of the command; *lead starts the first line */
static void
write_forms(const struct cli *cli, const struct cli_verb *v, const char **lead,
    FILE *out)
{
	const char *line = v->synopsis;

	for (;;) {
		size_t n = strcspn(line, "\n");

		if (*line == ' ')
			fprintf(out, "          %.*s\n", (int)n, line);
		else
			fprintf(out, "%s %s%s %s%s%.*s\n", *lead, cli->tool,
			    cli->common ? " [OPTION]..." : "", v->name,
			    n > 0 ? " " : "", (int)n, line);
		*lead = "      ";
		line += n;
		if (!*line)
			break;
		line++;
	}
}

void
cli_usage(const struct cli *cli, const struct cli_verb *verb, FILE *out)
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

/* option_label - "-k, --name ARG"; returns its length */
static int
option_label(const struct cli_option *o, char *buf, size_t size)
{
	char letter[5] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->key);
	return snprintf(buf, size, "%s--%s%s%s", letter, o->name,
	    o->arg ? " " : "", o->arg ? o->arg : "");
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

/* write_options - those of a verb, or all if it is NULL */
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
	for (const struct cli_option *o = builtin_options; o->key; o++)
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
cli_help(const struct cli *cli, const struct cli_verb *verb, FILE *out)
{
	cli_usage(cli, verb, out);
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

int
cli_answer(const struct cli_reader *r, int key, FILE *out)
{
	if (key == CLI_HELP)
		cli_help(r->cli, r->verb, out);
	else
		fprintf(out, "%s\n", VERSION);
	if (fflush(out) != 0 || ferror(out))
		return -1;
	return 0;
}
