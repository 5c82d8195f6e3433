/* SPDX-License-Identifier: MIT */
/* cli.c - read the command line of a tool */
#include "base/cli.h"

#include <string.h>

#include "base/help.h"
#include "base/version.h"

enum { VERB_SIZE = 32, EDITS_MAX = 2 };

const struct cli_option cli_builtin[] = {
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

/*
 * search - find a verb by its name
 *
 * If none matches, returns NULL, and *nearest is the verb with the most similar
 * name, at most two edits away, or NULL.
 */
static const struct cli_verb *
search(const struct cli *cli, const char *name,
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
	if (!*cli->verbs->name)
		r->verb = cli->verbs;
}

/* find_verb - set r->verb; 0, or -1 and why */
static int
find_verb(struct cli_reader *r, const char *name, struct errmsg *why)
{
	const struct cli_verb *nearest;

	r->verb = search(r->cli, name, &nearest);
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
		if (r->operands == r->verb->command)
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

	r->option = o;
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
	    cli_builtin };
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
	    cli_builtin };

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
	const char *colon;

	r->operand[r->operands] = NULL;
	if (!v)
		return errmsg_set(why, "no verb; see --help");
	for (const char *key = r->given; *key; key++)
		if (check_option(r, *key, why) < 0)
			return -1;
	colon = *v->name ? ": " : "";
	if (r->operands < v->min)
		return errmsg_set(why, "%s%smissing argument; see --help",
		    v->name, colon);
	if (r->operands > v->max)
		return errmsg_set(why, "%s%sunexpected argument: %s", v->name,
		    colon, r->operand[v->max]);
	return CLI_END;
}

/* ends_options - is it the "--" of the options, or the one of a command? */
static bool
ends_options(const struct cli_reader *r, const char *word)
{
	if (strcmp(word, "--") != 0)
		return false;
	return !r->no_options || (r->verb && r->operands > 0 &&
	    r->operands == r->verb->command - 1);
}

int
cli_next(struct cli_reader *r, struct errmsg *why)
{
	if (r->letters && *r->letters)
		return read_letter(r, why);
	while (*r->next) {
		char *word = *r->next++;
		int key;

		if (ends_options(r, word)) {
			r->no_options = true;
		} else if (r->no_options || word[0] != '-' || !word[1]) {
			key = read_operand(r, word, why);
			if (key != CLI_END)
				return key;
		} else if (word[1] == '-') {
			return read_long(r, word + 2, why);
		} else {
			r->letters = word + 1;
			return read_letter(r, why);
		}
	}
	return check_line(r, why);
}

int
cli_read(struct cli_reader *r, const struct cli *cli, char *argv[],
    int (*set)(struct cli_job *job, const struct cli_reader *r,
    struct errmsg *why), struct cli_job *job, struct errmsg *why)
{
	int key;

	cli_start(r, cli, argv);
	while ((key = cli_next(r, why)) > 0) {
		if (key == CLI_HELP || key == CLI_VERSION)
			return key;
		if (set(job, r, why) < 0)
			return -1;
	}
	return key;
}

int
cli_answer(const struct cli_reader *r, int key, FILE *out)
{
	if (key == CLI_HELP)
		help_write(r->cli, r->verb, out);
	else
		fprintf(out, "%s\n", version_line);
	if (fflush(out) != 0 || ferror(out))
		return -1;
	return 0;
}
