/* SPDX-License-Identifier: MIT */
/* job.c - the command lines of ctr-conf and ctr-verify */
#include "conf/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/num.h"
#include "conf/envfile.h"
#include "conf/status.h"

#define JOB_RUN_DIR "/run/nixos-container"

const struct cli_option job_options[] = {
	{ 'a', "all", NULL, "all containers", false },
	{ 'f', "file", "FILE",
	    "any file of settings, instead of NAME; set does not\nlock it",
	    false },
	{ 'u', "unset", "KEY", "back to the default", false },
	{ 'w', "wait", "SECONDS", "how long to wait for another command (30)",
	    false },
	{ 'N', "new", NULL, "make the file; it must not exist", false },
	{ 'D', "dry-run", NULL, "print the new file, write nothing",
	    false },
	{ 'o', "host", NULL, "check what they need of the host, too",
	    false },
	{ 'e', "effects", NULL, "print when each change is in effect", false },
	{ 'K', "locked", NULL, "the caller holds the lock", false },
	{ 'F', "from", "FILE", "a file with the new text, instead of changes",
	    false },
	{ 'T', "take", "FILE", "with --new: the settings of FILE, too, but for those\n"
	    "that reach into the host", false },
	{ 'H', "of-host", NULL, "those of the host's interfaces instead", false },
	{ 'O', "no-host", NULL, "do not look at the host", false },
	{ 'i', "needing", "NAME",
	    "those with NAME in AFTER or REQUIRES, or of that file", false },
	{ '0', "null", NULL, "end values and words with a zero byte,\nwithout quotes",
	    true },
	{ 'j', "json", NULL, "print JSON", false },
	{ 'C', "complete", "WORD", "print what may stand for KEY=VALUE", false },
	{ 'd', "changed", NULL, "does the generated drop-in differ from the\n"
	    "settings?", false },
	{ 'n', "network", NULL, "the words for mkveth add", false },
	{ 's', "sealed", NULL, "the words for ctr-tree seal", false },
	{ 'A', "load", NULL, "commands for nft that add the elements in files",
	    false },
	{ 'U', "unload", NULL, "commands for nft that delete them", false },
	{ 'p', "plain", NULL, "only flows without NAT, and of an address only\n"
	    "those that it opened", false },
	{ 'l', "long", NULL, "print a table", true },
	{ 'g', "dot", NULL, "print a graph for Graphviz", false },
	{ 'm', "machines", "DIR", "state directory of systemd-machined\n"
	    "(" STATUS_MACHINES ")", false },
	{ 't', "trees", "DIR", "where the trees of containers are: DIR/NAME\n"
	    "($NIXOS_CONTAINER_STATE_DIR, else " STATE_DIR ")", false },
	{ 'c', "conf-dir", "DIR", "where the settings are\n"
	    "($NIXOS_CONTAINER_CONF_DIR, else " CONF_DIR ")", false },
	{ 'L', "lock-dir", "DIR", "where the locks of containers are\n"
	    "($NIXOS_CONTAINER_LOCK_DIR, else " LOCK_DIR ")", false },
	{ 'R', "run-dir", "DIR", "where this host's records of them are\n"
	    "($NIXOS_CONTAINER_RUN_DIR, else " JOB_RUN_DIR ")", false },
	{ 'r', "root", "DIR", "the root of the host (/): etc/subuid, etc/subgid\n"
	    "and run/systemd/nspawn-uid are below it", false },
	{ 0 },
};

/* need_key - the key of that name, or KEYS and why */
static enum key
need_key(const char *name, struct errmsg *why)
{
	enum key key = key_find(name);

	if (key == KEYS)
		errmsg_set(why, "%s: unknown setting; see: ctr-conf keys", name);
	return key;
}

/* add_change - returns 0, or -1 and why */
static int
add_change(struct cli_job *job, const char *name, const char *value,
    struct errmsg *why)
{
	enum key key = need_key(name, why);

	if (key == KEYS)
		return -1;
	for (int i = 0; i < job->changes; i++)
		if (job->change[i].key == key)
			return errmsg_set(why, "set: %s is given twice", name);
	if (value && !*value)
		value = NULL;
	job->change[job->changes++] = (struct change){ key, value };
	return 0;
}

/* check_value - is this value right for this key, and in one line? */
static int
check_value(enum key key, const char *value, struct errmsg *why)
{
	const char *name = key_info[key].name, *wrong;
	struct errmsg type_why;
	unsigned line = 0;

	wrong = envfile_bad_line(value, strlen(value), &line);
	if (strchr(value, '\n'))
		wrong = "control character";
	if (wrong)
		return errmsg_set(why, "%s: invalid value \"%.100s\" (%s)",
		    name, value, wrong);
	if (*value && type_check(key_info[key].type, value, &type_why) < 0)
		return errmsg_set(why, "%s: %s", name, type_why.text);
	return 0;
}

/* read_change - KEY=VALUE */
static int
read_change(struct cli_job *job, char *word, struct errmsg *why)
{
	char *value = strchr(word, '=');

	if (!value || value == word)
		return errmsg_set(why, "set: expected KEY=VALUE: %s", word);
	*value++ = '\0';
	if (add_change(job, word, value, why) < 0)
		return -1;
	return check_value(key_find(word), value, why);
}

static int
set_wait(struct cli_job *job, const char *value, struct errmsg *why)
{
	long long seconds = num_read(value, 86400);

	if (seconds < 0)
		return errmsg_set(why, "--wait: expected a number of seconds: %s",
		    value);
	job->wait_ms = (int)seconds * 1000;
	return 0;
}

static int
set_option(struct cli_job *job, int key, const char *value, struct errmsg *why)
{
	switch (key) {
	case 'a': job->all = true; break;
	case 'f': job->file = value; break;
	case 'u': return add_change(job, value, NULL, why);
	case 'w': return set_wait(job, value, why);
	case 'o': job->host = true; break;
	case 'e': job->effects = true; break;
	case 'K': job->locked = true; break;
	case 'F': job->from = value; break;
	case 'T': job->take = value; break;
	case 'H': job->of_host = true; break;
	case 'O': job->no_host = true; break;
	case 'i': job->needing = value; break;
	case 'N': job->new = true; break;
	case 'D': job->dry_run = true; break;
	case '0': job->null = true; break;
	case 'j': job->json = true; break;
	case 'C': job->complete = value; break;
	case 'd': job->changed = true; break;
	case 'n': job->network = true; break;
	case 's': job->sealed = true; break;
	case 'A': job->load = true; break;
	case 'U': job->unload = true; break;
	case 'p': job->plain = true; break;
	case 'c': job->conf_dir = value; break;
	case 'L': job->lock_dir = value; break;
	case 'R': job->run_dir = value; break;
	case 'r': job->root = value; break;
	case 'l': job->table = true; break;
	case 'g': job->dot = true; break;
	case 'm': job->machines = value; break;
	case 't': job->trees = value; break;
	}
	return 0;
}

static int
not_a_name(const char *name, struct errmsg *why)
{
	return errmsg_set(why, "%s: not a container name: " NAME_ALLOWED, name);
}

static int
check_name(const char *name, struct errmsg *why)
{
	if (!name_ok(name))
		return not_a_name(name, why);
	if (name_reserved(name))
		return errmsg_set(why, "%s: this name is reserved: Podman keeps "
		    "files of that name", name);
	return 0;
}

/* take_name - the first operand, without --file */
static int
take_name(struct cli_job *job, struct errmsg *why)
{
	if (job->file)
		return 0;
	if (job->args == 0)
		return errmsg_set(why, "%s: missing argument; see --help",
		    job->verb->name);
	job->name = *job->arg++;
	job->args--;
	if (job->new && !name_new_ok(job->name))
		return not_a_name(job->name, why);
	return check_name(job->name, why);
}

static int
check_names(const struct cli_job *job, struct errmsg *why)
{
	for (int i = 0; i < job->args; i++)
		if (check_name(job->arg[i], why) < 0)
			return -1;
	return 0;
}

static int
read_get(struct cli_job *job, struct errmsg *why)
{
	if (take_name(job, why) < 0)
		return -1;
	for (int i = 0; i < job->args; i++)
		if (need_key(job->arg[i], why) == KEYS)
			return -1;
	return 0;
}

static int
read_set(struct cli_job *job, struct errmsg *why)
{
	if (take_name(job, why) < 0)
		return -1;
	for (int i = 0; i < job->args; i++)
		if (read_change(job, job->arg[i], why) < 0)
			return -1;
	if (job->changes == 0 && !job->new && !job->from)
		return errmsg_set(why, "set: missing argument; see --help");
	if (job->from && (job->changes > 0 || job->new || job->file))
		return errmsg_set(why, "set: --from excludes changes, --new and "
		    "--file");
	if (job->take && !job->new)
		return errmsg_set(why, "set: --take needs --new");
	if (job->effects && (job->new || job->file))
		return errmsg_set(why, "set: --effects excludes --new and "
		    "--file");
	return 0;
}

static int
read_check(struct cli_job *job, struct errmsg *why)
{
	if (job->all + (job->file != NULL) + (job->args > 0) != 1)
		return errmsg_set(why, "check: expected either names, --all or "
		    "--file FILE");
	job->host = !job->no_host;
	return check_names(job, why);
}

/* read_units - a directory of systemd's and two more; or NAME [DIR] */
static int
read_units(struct cli_job *job, struct errmsg *why)
{
	if (!job->changed)
		return 0;
	if (take_name(job, why) < 0)
		return -1;
	if (job->args > 1)
		return errmsg_set(why, "units: unexpected argument: %s",
		    job->arg[1]);
	return 0;
}

static int
read_list(struct cli_job *job, struct errmsg *why)
{
	if (job->table + job->json + job->dot > 1)
		return errmsg_set(why, "list: expected one of --long, --json "
		    "and --dot");
	return check_names(job, why);
}

/* read_show - one container, or a list */
static int
read_show(struct cli_job *job, struct errmsg *why)
{
	job->full = true;
	if (job->args == 1)
		return take_name(job, why);
	return check_names(job, why);
}

/* read_verify - the one command of ctr-verify: names, or all */
static int
read_verify(struct cli_job *job, struct errmsg *why)
{
	if (job->all && job->args > 0)
		return errmsg_set(why, "expected either names or --all");
	return check_names(job, why);
}

/* read_rules - a name; or files with --load or --unload */
static int
read_rules(struct cli_job *job, struct errmsg *why)
{
	if (job->load && job->unload)
		return errmsg_set(why, "rules: expected one of --load and "
		    "--unload");
	if (job->load || job->unload)
		return 0;
	if (take_name(job, why) < 0)
		return -1;
	if (job->args > 0)
		return errmsg_set(why, "rules: unexpected argument: %s",
		    job->arg[0]);
	return 0;
}

/* Verbs whose operands need more than to be counted. */
static const struct {
	const char *verb;
	int (*read)(struct cli_job *job, struct errmsg *why);
} readers[] = {
	{ "args", take_name },
	{ "check", read_check },
	{ "get", read_get },
	{ "list", read_list },
	{ "rules", read_rules },
	{ "set", read_set },
	{ "show", read_show },
	{ "units", read_units },
	{ "", read_verify },
};

/* check_dirs - are all directories, and the one file, absolute? */
static int
check_dirs(const struct cli_job *job, struct errmsg *why)
{
	const struct { const char *dir, *from; } dirs[] = {
		{ job->conf_dir, "--conf-dir or NIXOS_CONTAINER_CONF_DIR" },
		{ job->lock_dir, "--lock-dir or NIXOS_CONTAINER_LOCK_DIR" },
		{ job->run_dir, "--run-dir or NIXOS_CONTAINER_RUN_DIR" },
		{ job->trees, "--trees or NIXOS_CONTAINER_STATE_DIR" },
		{ job->machines, "--machines" },
		{ job->root, "--root" },
		{ job->nix_state, "NIX_STATE_DIR" },
		{ job->host_conf, "NIXOS_CONTAINER_HOST_CONF" },
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i].dir[0] != '/')
			return errmsg_set(why, "not an absolute path: %s (%s)",
			    dirs[i].dir, dirs[i].from);
	return 0;
}

static int
check_job(struct cli_job *job, struct errmsg *why)
{
	if (check_dirs(job, why) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (!strcmp(readers[i].verb, job->verb->name))
			return readers[i].read(job, why);
	return 0;
}

/* from_env - a path of the environment's, or the default */
static const char *
from_env(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

int
job_read(const struct cli *cli, char *argv[], struct cli_reader *r,
    struct cli_job *job, struct errmsg *why)
{
	int key;

	*job = (struct cli_job){ .wait_ms = 30000,
	    .conf_dir = from_env("NIXOS_CONTAINER_CONF_DIR", CONF_DIR),
	    .lock_dir = from_env("NIXOS_CONTAINER_LOCK_DIR", LOCK_DIR),
	    .run_dir = from_env("NIXOS_CONTAINER_RUN_DIR", JOB_RUN_DIR),
	    .trees = from_env("NIXOS_CONTAINER_STATE_DIR", STATE_DIR),
	    .nix_state = from_env("NIX_STATE_DIR", "/nix/var/nix"),
	    .host_conf = from_env("NIXOS_CONTAINER_HOST_CONF", HOST_CONF),
	    .machines = STATUS_MACHINES, .root = "/" };
	cli_start(r, cli, argv);
	while ((key = cli_next(r, why)) > 0) {
		if (key == CLI_HELP || key == CLI_VERSION)
			return key;
		if (set_option(job, key, r->value, why) < 0)
			return -1;
	}
	if (key < 0)
		return -1;
	job->verb = r->verb;
	job->arg = r->operand;
	job->args = r->operands;
	return check_job(job, why);
}
