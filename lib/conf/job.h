/* SPDX-License-Identifier: MIT */
#ifndef CONF_JOB_H
#define CONF_JOB_H

#include <stdbool.h>

#include "base/cli.h"
#include "base/errmsg.h"
#include "conf/write.h"

/* Keys of the options of all verbs, and of those that some have. */
#define JOB_DIRS "cR"
#define JOB_COMMON JOB_DIRS "L"
#define JOB_FILE "f"
#define JOB_ALL "a"
#define JOB_NULL "0"
#define JOB_JSON "j"
#define JOB_KEYS "jC"
#define JOB_SET "uwNDoeKFT"
#define JOB_CHANGED "d"
#define JOB_WORDS "ns"
#define JOB_STATUS "mt"
#define JOB_FORM "lgi"
#define JOB_NO_HOST "O"
#define JOB_OF_HOST "H"
#define JOB_ROOT "r"
#define JOB_RULES "AU"
#define JOB_PLAIN "p"

extern const struct cli_option job_options[];

/* A command line of ctr-conf or ctr-verify. */
struct cli_job {
	const struct cli_verb *verb;
	const char *conf_dir;	/* absolute, as the next seven */
	const char *lock_dir, *run_dir;	/* locks, also of other machines; records */
	const char *trees, *machines;	/* DIR/NAME; of systemd-machined */
	const char *nix_state;		/* $NIX_STATE_DIR */
	const char *root;	/* of the host */
	const char *host_conf;		/* the file of the host's settings */
	const char *file;	/* of --file, or NULL */
	const char *name;	/* of the one container, or NULL */
	char **arg;		/* the other args operands */
	int args;
	bool all, null, json, changed;
	bool network, sealed;	/* of args: words for mkveth, for ctr-tree */
	bool table, dot;	/* of list: --long, --dot */
	bool full;		/* of show: all that is known */
	bool new, dry_run;	/* of set: no file yet; write nothing */
	bool effects, locked;	/* of set: print effects; the caller has the lock */
	const char *complete;	/* of keys: a word that is not complete, or NULL */
	const char *from;	/* of set: the file with the new text, or NULL */
	const char *take;	/* of set: see conf/take.h, or NULL */
	bool host, no_host;	/* look at the host, too */
	bool load, unload;	/* of rules: commands for nft */
	bool of_host;		/* of address: those of the host */
	bool plain;		/* of flush: only flows without NAT */
	const char *needing;	/* of list: containers that need this one */
	int wait_ms;
	struct change change[KEYS];	/* of each key one at most */
	int changes;
};

/*
 * job_read - read and check a command line
 *
 * Returns 0; or CLI_HELP or CLI_VERSION, for cli_answer with r; or -1 and why
 * if the usage is wrong.  Names have passed name_ok, values type_check.
 */
int job_read(const struct cli *cli, char *argv[], struct cli_reader *r,
    struct cli_job *job, struct errmsg *why);

#endif
