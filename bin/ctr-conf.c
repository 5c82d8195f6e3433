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
#include "base/privilege.h"
#include "conf/check.h"
#include "conf/json.h"
#include "conf/key.h"
#include "conf/names.h"
#include "conf/quote.h"
#include "conf/settings.h"

static const char help[] =
	"usage: ctr-conf [OPTION]... check NAME...\n"
	"       ctr-conf [OPTION]... check --all\n"
	"       ctr-conf [OPTION]... check --file FILE\n"
	"       ctr-conf [OPTION]... get [-0] NAME [KEY]\n"
	"       ctr-conf keys [--json]\n"
	"\n"
	"check  validate settings; print what is wrong\n"
	"get    print a value, or all that are set as KEY=VALUE\n"
	"keys   print all keys with their types, defaults and meaning\n"
	"\n"
	"      --all           all containers\n"
	"      --file FILE     any file of settings\n"
	"  -0, --null          end values with a zero byte, without quotes\n"
	"      --json          print JSON\n"
	"      --conf-dir DIR  where the settings are\n"
	"                      ($NIXOS_CONTAINER_CONF_DIR, else " CONF_DIR ")\n"
	"  -h, --help          print this\n"
	"  -V, --version       print the version\n";

/* What the command line says. */
struct options {
	const char *conf_dir, *file;
	bool all, null, json;
	char **arg;		/* behind the verb, ended by NULL */
	int args;
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

/* show_file - NAME.conf, and what messages call it */
static void
show_file(const struct options *o, const char *name,
    char file[NAMES_FILE_SIZE], char shown[PATH_MAX])
{
	names_file(name, file);
	snprintf(shown, PATH_MAX, "%s/%s", o->conf_dir, file);
}

/* read_name - the settings of a container; returns the status */
static int
read_name(const struct options *o, int dir, const char *name)
{
	char file[NAMES_FILE_SIZE], shown[PATH_MAX];

	show_file(o, name, file, shown);
	if (settings_read(&settings, dir, file, shown, &errors) == 0)
		return 0;
	return errno == EINVAL ? EXIT_USAGE : 1;
}

/* check_one - the settings of a container, or with name NULL of any file */
static int
check_one(int dir, const char *file, const char *name, const char *shown)
{
	if (settings_read(&settings, dir, file, shown, &errors) == 0 &&
	    check_settings(&settings, name, shown, &errors) == 0)
		return 0;
	return errno == EINVAL ? EXIT_USAGE : 1;
}

static int
check_name(const struct options *o, int dir, const char *name)
{
	char file[NAMES_FILE_SIZE], shown[PATH_MAX];

	show_file(o, name, file, shown);
	return check_one(dir, file, name, shown);
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
	if (o->all + (o->file != NULL) + (o->args > 0) != 1)
		errx(EXIT_USAGE, "check: expected either names, --all or "
		    "--file FILE");
	if (o->all)
		return check_all(o);
	if (!o->file)
		return check_names(o);
	return check_one(AT_FDCWD, o->file, NULL, o->file);
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

static int
get_verb(const struct options *o)
{
	auto_close int dir = -1;
	enum key key = o->args > 1 ? key_find(o->arg[1]) : KEYS;
	const char *value;
	int status;

	need_name(o->arg[0]);
	if (o->args > 1 && key == KEYS)
		errx(EXIT_USAGE, "unknown setting: %s; see: ctr-conf keys",
		    o->arg[1]);
	dir = open_conf_dir(o);
	if ((status = read_name(o, dir, o->arg[0])) != 0)
		return status;
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
	int min, max;		/* how many arguments */
	int (*run)(const struct options *o);	/* returns the status */
	const char *takes;	/* letters of options of its own */
} verbs[] = {
	{ "check", 0, INT_MAX, check_verb, "af" },
	{ "get", 1, 2, get_verb, "0" },
	{ "keys", 0, 0, keys_verb, "j" },
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
check_args(const struct verb *v, const struct options *o, const char *given)
{
	for (; *given; given++)
		if (!strchr(v->takes, *given))
			errx(EXIT_USAGE, "%s takes no %s", v->name,
			    *given == 'a' ? "--all" : *given == 'f' ?
			    "--file" : *given == '0' ? "--null" : "--json");
	if (o->args < v->min)
		errx(EXIT_USAGE, "%s: too few arguments; see --help", v->name);
	if (o->args > v->max)
		errx(EXIT_USAGE, "%s: unexpected argument: %s", v->name,
		    o->arg[v->max]);
	if (o->conf_dir[0] != '/')
		errx(EXIT_USAGE, "not an absolute path: %s (--conf-dir or "
		    "NIXOS_CONTAINER_CONF_DIR)", o->conf_dir);
}

static const struct verb *
read_options(int argc, char *argv[], struct options *o)
{
	static const struct option longs[] = {
		{ "conf-dir", required_argument, NULL, 'c' },
		{ "all", no_argument, NULL, 'a' },
		{ "file", required_argument, NULL, 'f' },
		{ "null", no_argument, NULL, '0' },
		{ "json", no_argument, NULL, 'j' },
		CLI_COMMON
	};
	const struct verb *verb;
	char given[5] = "";
	int opt;

	while ((opt = getopt_long(argc, argv, "0hV", longs, NULL)) != -1) {
		if (strchr("af0j", opt) && !strchr(given, opt))
			given[strlen(given)] = (char)opt;
		switch (opt) {
		case 'c': o->conf_dir = optarg; break;
		case 'f': o->file = optarg; break;
		case 'a': o->all = true; break;
		case '0': o->null = true; break;
		case 'j': o->json = true; break;
		CLI_CASES(help, EXIT_USAGE);
		}
	}
	verb = find_verb(argv[optind]);
	o->arg = argv + optind + 1;
	o->args = argc - optind - 1;
	check_args(verb, o, given);
	return verb;
}

int
main(int argc, char *argv[])
{
	const char *dir = getenv("NIXOS_CONTAINER_CONF_DIR");
	struct options o = { .conf_dir = dir && *dir ? dir : CONF_DIR };
	const struct verb *verb;
	int status;

	if (privilege_refuse_setuid() < 0)
		errx(EXIT_USAGE, PRIVILEGE_SETUID);
	if (privilege_no_new() < 0)
		err(1, "give up new privileges");
	verb = read_options(argc, argv, &o);
	status = verb->run(&o);
	/* The first line may have been written, and failed, before. */
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "write the output");
	return status;
}
