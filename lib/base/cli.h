/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/errmsg.h"

/*
 * The command line of a tool:
 *
 *	TOOL [OPTION]... VERB [OPERAND]...
 *
 * A tool has one table of verbs and one of options.  The reader, the usage
 * and the help use both.  Options may be anywhere before "--".  Every
 * tool also has -h, --help, -V, --version and the verb help.  A tool without
 * verbs has a single one, named "".  No function exits, and output goes to the
 * caller's stream.
 */

/* The result of reading a command line; each tool defines its own. */
struct cli_job;

struct cli_option {
	char key;		/* for cli_next, not h or V; 0 ends the table */
	const char *name;	/* without the dashes */
	const char *arg;	/* placeholder of its argument, or NULL */
	const char *help;	/* one or more lines */
	bool letter;		/* -KEY is its short form */
};

struct cli_verb {
	const char *name;	/* NULL ends the table */
	/*
	 * Its own options and operands as shown in the usage: a line per form
	 * of the command.  A line that starts with a space continues the one
	 * before.
	 */
	const char *synopsis;
	const char *options;	/* keys of its own options */
	const char *help;	/* one line */
	int (*run)(const struct cli_job *job);	/* returns the exit status */
	int min, max;		/* number of operands */
	/*
	 * The operand, counted from 1, that begins a command: options end
	 * before it, as with env(1), and a "--" right before it is dropped.
	 * 0: none does.
	 */
	int command;
};

struct cli {
	const char *tool;
	const struct cli_verb *verbs;
	const struct cli_option *options;
	const char *common;	/* keys of the options of all verbs, or NULL */
	const char *notes;	/* a paragraph for the help, or NULL */
};

/* --help and --version, as a table like that of a tool */
extern const struct cli_option cli_builtin[];

/* What cli_next returns besides the keys of options. */
enum { CLI_END = 0, CLI_HELP = 'h', CLI_VERSION = 'V' };

struct cli_reader {
	const struct cli_verb *verb;
	const struct cli_option *option;	/* just returned */
	const char *value;	/* its argument, or NULL */
	char **operand;		/* operands of them, in argv; NULL at the end */
	int operands;
	/* used by cli_next only */
	const struct cli *cli;
	char **next;
	const char *letters;	/* short options left in the current word */
	bool no_options;	/* after "--" */
	char given[64];		/* keys of the options so far */
};

/* cli_start - start reading argv, as main gets it; its words are reordered */
void cli_start(struct cli_reader *r, const struct cli *cli, char *argv[]);

/*
 * cli_next - read up to the next option
 *
 * Returns its key.  CLI_HELP: print help, of r->verb if that is set, and
 * exit.  CLI_VERSION: print the version and exit.  CLI_END: the command line
 * has a verb, which takes these options and this number of operands.  -1 and
 * why: wrong usage.  A long option may be abbreviated, as with
 * getopt_long(3).
 */
int cli_next(struct cli_reader *r, struct errmsg *why);

/*
 * cli_read - read a whole command line
 *
 * set puts r->option and r->value into job, and returns 0, or -1 and why.
 * Returns 0; or CLI_HELP or CLI_VERSION, for cli_answer; or -1 and why.  The
 * verb and its operands are in r; the verb is NULL if the mistake is before it.
 */
int cli_read(struct cli_reader *r, const struct cli *cli, char *argv[],
    int (*set)(struct cli_job *job, const struct cli_reader *r,
    struct errmsg *why), struct cli_job *job, struct errmsg *why);

/*
 * cli_answer - write what CLI_HELP or CLI_VERSION asked for, and flush
 *
 * Returns 0, or -1 with errno.
 */
int cli_answer(const struct cli_reader *r, int key, FILE *out);

#endif
