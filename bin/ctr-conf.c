/* SPDX-License-Identifier: MIT */
/*
 * ctr-conf [OPTION]... VERB [ARGUMENT]...
 *
 * The settings of containers: CONF_DIR/NAME.conf.  lib/conf/settings.h reads
 * them, lib/conf/key.h knows all keys.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/exits.h"
#include "base/fd.h"
#include "base/name.h"
#include "base/num.h"
#include "base/privilege.h"
#include "conf/check.h"
#include "conf/envfile.h"
#include "conf/hold.h"
#include "conf/json.h"
#include "conf/key.h"
#include "conf/names.h"
#include "conf/quote.h"
#include "conf/settings.h"
#include "conf/type.h"
#include "conf/write.h"

static const char help[] =
	"usage: ctr-conf [OPTION]... check NAME...\n"
	"       ctr-conf [OPTION]... check --all\n"
	"       ctr-conf [OPTION]... check --file FILE\n"
	"       ctr-conf [OPTION]... get NAME [KEY]\n"
	"       ctr-conf [OPTION]... set NAME [KEY=VALUE]... [--unset KEY]...\n"
	"       ctr-conf [OPTION]... keys\n"
	"\n"
	"check  validate settings; print what is wrong\n"
	"get    print a value, or all that are set as KEY=VALUE\n"
	"set    change settings; an empty value is the default, as with --unset\n"
	"keys   print all keys with their types, defaults and meaning\n"
	"\n"
	"      --all           all containers\n"
	"      --file FILE     any file of settings, instead of NAME; set does not\n"
	"                      lock it\n"
	"      --unset KEY     back to the default\n"
	"      --wait SECONDS  how long set waits for another command (30)\n"
	"  -0, --null          end values with a zero byte, without quotes\n"
	"      --json          print JSON\n"
	"      --conf-dir DIR  where the settings are\n"
	"                      ($NIXOS_CONTAINER_CONF_DIR, else " CONF_DIR ")\n"
	"      --lock-dir DIR  where the locks of containers are\n"
	"                      ($NIXOS_CONTAINER_LOCK_DIR, else /run/nixos-container)\n"
	"  -h, --help          print this\n"
	"  -V, --version       print the version\n";

/* What the command line says. */
struct options {
	const char *conf_dir, *lock_dir, *file;
	const char *name;	/* of the one container, or NULL */
	bool all, null, json;
	int wait_ms;
	char **arg;		/* behind the verb and name, ended by NULL */
	int args;
	struct change change[KEYS];	/* of each key one at most */
	int changes;
};

/* The file that a verb works on. */
struct target {
	int dir;
	char file[PATH_MAX];	/* beneath dir */
	char shown[PATH_MAX];	/* what messages call it */
};

static struct settings settings;

static void
report(void *ctx, const char *text)
{
	(void)ctx;
	warnx("%s", text);
}

static const struct settings_errors errors = { report, NULL };

static int
open_conf_dir(const struct options *o)
{
	int fd = open(o->conf_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err(1, "open %s", o->conf_dir);
	return fd;
}

static void
need_name(const char *name)
{
	if (!name_ok(name))
		errx(EXIT_USAGE, "%s: not a container name: %s", name,
		    NAME_ALLOWED);
	if (name_reserved(name))
		errx(EXIT_USAGE, "%s: this name is reserved: Podman keeps "
		    "files of that name", name);
}

static void
target_name(struct target *t, const struct options *o, int dir,
    const char *name)
{
	t->dir = dir;
	names_file(name, t->file);
	if ((size_t)snprintf(t->shown, sizeof(t->shown), "%s/%s", o->conf_dir,
	    t->file) >= sizeof(t->shown))
		errx(EXIT_USAGE, "path too long: %s", o->conf_dir);
}

/* target_file - the directory is opened: set makes another file there */
static void
target_file(struct target *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash + 1 - path) : 0;

	if (strlen(path) >= sizeof(t->shown))
		errx(EXIT_USAGE, "path too long: %s", path);
	memcpy(t->file, path, n);
	strcpy(t->file + n, n ? "" : ".");
	if ((t->dir = open(t->file, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		err(1, "open %s", t->file);
	strcpy(t->file, path + n);
	strcpy(t->shown, path);
}

/* target_open - of the one container, or the one file */
static void
target_open(struct target *t, const struct options *o)
{
	if (o->file)
		target_file(t, o->file);
	else
		target_name(t, o, open_conf_dir(o), o->name);
}

/* check_target - with a name it is also checked that it fits this container */
static int
check_target(const struct target *t, const char *name)
{
	if (settings_read(&settings, t->dir, t->file, t->shown, &errors) == 0 &&
	    check_settings(&settings, name, t->shown, &errors) == 0)
		return 0;
	return errno == EINVAL ? EXIT_USAGE : 1;
}

static int
check_name(const struct options *o, int dir, const char *name)
{
	struct target t;

	target_name(&t, o, dir, name);
	return check_target(&t, name);
}

static int
worse(int a, int b)
{
	return a > b ? a : b;
}

static int
check_all(const struct options *o)
{
	auto_close int dir = open_conf_dir(o);
	struct names names;
	int status = 0;

	if (names_read(dir, &names) < 0)
		err(1, "read %s", o->conf_dir);
	for (size_t i = 0; i < names.n; i++)
		status = worse(status, check_name(o, dir, names.name[i]));
	names_free(&names);
	return status;
}

static int
check_names(const struct options *o)
{
	auto_close int dir = -1;
	int status = 0;

	for (int i = 0; i < o->args; i++)
		need_name(o->arg[i]);
	dir = open_conf_dir(o);
	for (int i = 0; i < o->args; i++)
		status = worse(status, check_name(o, dir, o->arg[i]));
	return status;
}

static int
check_verb(const struct options *o)
{
	struct target t;

	if (o->all + (o->file != NULL) + (o->args > 0) != 1)
		errx(EXIT_USAGE, "check: expected either names, --all or "
		    "--file FILE");
	if (o->all)
		return check_all(o);
	if (!o->file)
		return check_names(o);
	target_open(&t, o);
	return check_target(&t, NULL);
}

/* print_all - in the form of a file of settings, or each ended by a zero */
static void
print_all(const struct options *o)
{
	static char line[2 * ENVFILE_MAX + 3];

	for (enum key k = 0; k < KEYS; k++) {
		const char *value = settings.value[k];

		if (!value)
			continue;
		if (!o->null)
			quote_value(value, line);
		printf("%s=%s%c", key_info[k].name, o->null ? value : line,
		    o->null ? '\0' : '\n');
	}
}

static enum key
need_key(const char *name)
{
	enum key key = key_find(name);

	if (key == KEYS)
		errx(EXIT_USAGE, "%s: unknown setting; see: ctr-conf keys",
		    name);
	return key;
}

static int
get_verb(const struct options *o)
{
	enum key key = o->args ? need_key(o->arg[0]) : KEYS;
	const char *value;
	struct target t;

	target_open(&t, o);
	if (settings_read(&settings, t.dir, t.file, t.shown, &errors) < 0)
		return errno == EINVAL ? EXIT_USAGE : 1;
	if (key == KEYS) {
		print_all(o);
		return 0;
	}
	value = settings_get(&settings, key);
	if (!value)
		return 1;
	printf("%s%c", value, o->null ? '\0' : '\n');
	return 0;
}

/* check_value - before anything is locked or read */
static void
check_value(enum key key, const char *value)
{
	const char *name = key_info[key].name, *wrong;
	unsigned line = 0;
	struct errmsg why;

	wrong = envfile_bad_line(value, strlen(value), &line);
	if (strchr(value, '\n'))
		wrong = "control character";
	if (wrong)
		errx(EXIT_USAGE, "%s: invalid value \"%.100s\" (%s)", name,
		    value, wrong);
	if (*value && type_check(key_info[key].type, value, &why) < 0)
		errx(EXIT_USAGE, "%s: %s", name, why.text);
}

static void
add_change(struct options *o, enum key key, const char *value)
{
	for (int i = 0; i < o->changes; i++)
		if (o->change[i].key == key)
			errx(EXIT_USAGE, "set: %s is given twice",
			    key_info[key].name);
	o->change[o->changes++] = (struct change){ key,
	    value && *value ? value : NULL };
}

/* read_changes - KEY=VALUE of each argument */
static void
read_changes(struct options *o)
{
	for (int i = 0; i < o->args; i++) {
		char *name = o->arg[i];
		size_t n = strcspn(name, "=");
		enum key key;

		if (name[n] != '=')
			errx(EXIT_USAGE, "set: expected KEY=VALUE: %s", name);
		name[n] = '\0';
		key = need_key(name);
		check_value(key, name + n + 1);
		add_change(o, key, name + n + 1);
	}
	if (o->changes == 0)
		errx(EXIT_USAGE, "set: too few arguments; see --help");
}

static int
failed(const char *what, const char *path)
{
	warn("%s %s", what, path);
	return 1;
}

/* change_target - read, change, check the whole, write */
static int
change_target(const struct options *o, const struct target *t)
{
	static char old[ENVFILE_MAX + 1], kept[ENVFILE_MAX + 1];
	static char new[ENVFILE_MAX + 1];
	auto_close int fd = envfile_open(t->dir, t->file);
	struct errmsg why;
	ssize_t size, n;

	size = fd < 0 ? -1 : envfile_read(fd, old);
	if (size < 0)
		return failed("read", t->shown);
	memcpy(kept, old, (size_t)size);
	n = write_change(old, (size_t)size, o->change, o->changes, new);
	if (n < 0)
		return failed("change", t->shown);
	if (n == size && !memcmp(kept, new, (size_t)n))
		return 0;
	memcpy(settings.text, new, (size_t)n);
	if (settings_parse(&settings, (size_t)n, t->shown, &errors) < 0 ||
	    check_settings(&settings, o->name, t->shown, &errors) < 0)
		return EXIT_USAGE;
	if (write_file(t->dir, t->file, new, (size_t)n, &why) < 0) {
		warnx("%s: %s", t->shown, why.text);
		return 1;
	}
	return 0;
}

static int
set_verb(const struct options *line)
{
	struct options o = *line;
	struct hold hold = { .dir = -1, .fd = -1 };
	struct target t;
	int status;

	read_changes(&o);
	target_open(&t, &o);
	if (!o.file && hold_take(&hold, o.lock_dir, o.name, o.wait_ms) < 0) {
		if (errno == ETIMEDOUT)
			errx(1, "%s: another command is at work on it", o.name);
		err(1, "lock %s/%s.lock", o.lock_dir, o.name);
	}
	status = change_target(&o, &t);
	hold_drop(&hold);
	return status;
}

static void
key_json(const struct key_info *key)
{
	const struct { const char *name, *value; } member[] = {
		{ "name", key->name },
		{ "type", type_name(key->type) },
		{ "expected", type_expected(key->type) },
		{ "default", key->fallback },
		{ "text", key->text },
		{ "example", key->example },
		{ "group", key->group },
	};

	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++) {
		printf("%s\"%s\":", i ? "," : "{", member[i].name);
		json_text(stdout, member[i].value);
	}
	putchar('}');
}

static int
keys_verb(const struct options *o)
{
	for (enum key k = 0; k < KEYS; k++) {
		const struct key_info *key = &key_info[k];

		if (o->json) {
			fputs(k ? ",\n " : "[", stdout);
			key_json(key);
			continue;
		}
		printf("%s\t%s\t%s\t%s\n", key->name, type_name(key->type),
		    key->fallback ? key->fallback : "-", key->text);
	}
	if (o->json)
		puts("]");
	return 0;
}

static const struct verb {
	const char *name;
	bool named;		/* the first argument is NAME, but for --file */
	int max;		/* how many arguments are behind that */
	int (*run)(const struct options *o);	/* returns the status */
	const char *takes;	/* letters of options of its own */
} verbs[] = {
	{ "check", false, INT_MAX, check_verb, "af" },
	{ "get", true, 1, get_verb, "f0" },
	{ "set", true, INT_MAX, set_verb, "fuwl" },
	{ "keys", false, 0, keys_verb, "j" },
};

static const struct option longs[] = {
	{ "conf-dir", required_argument, NULL, 'c' },
	{ "lock-dir", required_argument, NULL, 'l' },
	{ "all", no_argument, NULL, 'a' },
	{ "file", required_argument, NULL, 'f' },
	{ "unset", required_argument, NULL, 'u' },
	{ "wait", required_argument, NULL, 'w' },
	{ "null", no_argument, NULL, '0' },
	{ "json", no_argument, NULL, 'j' },
	CLI_COMMON
};

static const struct verb *
find_verb(const char *name)
{
	if (!name)
		errx(EXIT_USAGE, "no verb; see --help");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	errx(EXIT_USAGE, "not a verb: %s; see --help", name);
}

static void
check_options(const struct verb *v, const char *given)
{
	const struct option *o = longs;

	for (; *given; given++) {
		if (*given == 'c' || strchr(v->takes, *given))
			continue;
		while (o->val != *given)
			o++;
		errx(EXIT_USAGE, "%s takes no --%s", v->name, o->name);
	}
}

static void
check_args(const struct verb *v, struct options *o)
{
	if (v->named && !o->file) {
		if (o->args == 0)
			errx(EXIT_USAGE, "%s: too few arguments; see --help",
			    v->name);
		o->name = *o->arg++;
		o->args--;
		need_name(o->name);
	}
	if (o->args > v->max)
		errx(EXIT_USAGE, "%s: unexpected argument: %s", v->name,
		    o->arg[v->max]);
	if (o->conf_dir[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s (--conf-dir or "
		    "NIXOS_CONTAINER_CONF_DIR)", o->conf_dir);
	if (o->lock_dir[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s (--lock-dir or "
		    "NIXOS_CONTAINER_LOCK_DIR)", o->lock_dir);
}

static int
read_wait(const char *text)
{
	long seconds = num_read(text, 86400);

	if (seconds < 0)
		errx(EXIT_USAGE, "--wait: expected a number of seconds: %s",
		    text);
	return (int)seconds * 1000;
}

static const struct verb *
read_options(int argc, char *argv[], struct options *o)
{
	const struct verb *verb;
	char given[sizeof(longs) / sizeof(longs[0])] = "";
	int opt;

	while ((opt = getopt_long(argc, argv, "0hV", longs, NULL)) != -1) {
		if (!strchr(given, opt))
			given[strlen(given)] = (char)opt;
		switch (opt) {
		case 'c': o->conf_dir = optarg; break;
		case 'l': o->lock_dir = optarg; break;
		case 'f': o->file = optarg; break;
		case 'u': add_change(o, need_key(optarg), NULL); break;
		case 'w': o->wait_ms = read_wait(optarg); break;
		case 'a': o->all = true; break;
		case '0': o->null = true; break;
		case 'j': o->json = true; break;
		CLI_CASES(help, EXIT_USAGE);
		}
	}
	verb = find_verb(argv[optind]);
	check_options(verb, given);
	o->arg = argv + optind + 1;
	o->args = argc - optind - 1;
	check_args(verb, o);
	return verb;
}

/* from_env - a directory of the environment's, or the default */
static const char *
from_env(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

int
main(int argc, char *argv[])
{
	struct options o = { .wait_ms = 30000 };
	const struct verb *verb;
	int status;

	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	o.conf_dir = from_env("NIXOS_CONTAINER_CONF_DIR", CONF_DIR);
	o.lock_dir = from_env("NIXOS_CONTAINER_LOCK_DIR",
	    "/run/nixos-container");
	verb = read_options(argc, argv, &o);
	status = verb->run(&o);
	/* The first line may have been written, and failed, before. */
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "write the output");
	return status;
}
