/* SPDX-License-Identifier: MIT */
/*
 * units.c - write drop-ins for the units of containers
 *
 * The template unit is the same for all containers.  A container's drop-in has
 * the changes that its settings make.
 */
#define _GNU_SOURCE
#include "conf/units.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "conf/check.h"
#include "conf/dropin.h"
#include "conf/names.h"

#define SETTINGS_FILE "settings.conf"
#define WANTS_DIR "multi-user.target.d"
#define WANTS_LINE "Wants=container@%s.service\n"
#define WANTS_FILE "nixos-container.conf"

/* For units of normal priority: systemd.generator(7). */
#define GENERATOR_DIR "/run/systemd/generator"

enum {
	DIR_SIZE = 96,		/* container@NAME.service.d */
	WANTS_MAX = 16 << 20,
};

/* The state of a run. */
struct run {
	struct settings *s;
	const char *conf_dir;
	const char *dir;		/* of the generator */
	const struct settings_errors *errors;
};

/* failed - report errno; -1 */
static int
failed(const struct run *r, const char *path)
{
	settings_report(r->errors, path, 0, "%s", strerror(errno));
	return -1;
}

/* read_unit - read and check; -1: an error, which was reported */
static int
read_unit(const struct run *r, const char *name)
{
	char file[NAMES_FILE_SIZE], path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", r->conf_dir,
	    names_file(name, file)) >= sizeof(path)) {
		/* Do not use the settings of the container before. */
		memset(r->s->value, 0, sizeof(r->s->value));
		errno = ENAMETOOLONG;
		return failed(r, r->conf_dir);
	}
	if (settings_read_any(r->s, AT_FDCWD, path, path, r->errors) < 0)
		return -1;
	return check_settings(r->s, name, path, r->errors);
}

/* unit_text - the drop-in in memory that the caller frees; 0, or -1 and errno */
static int
unit_text(const struct settings *s, const char *name, char **text,
    size_t *size)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		return -1;
	dropin_print(s, name, out);
	if (fclose(out) == 0)
		return 0;
	free(*text);
	return -1;
}

static void
drop_in_dir(const char *name, char buf[DIR_SIZE])
{
	snprintf(buf, DIR_SIZE, "container@%s.service.d", name);
}

static int
write_file_in(int dir, const char *sub, const char *file, const char *text,
    size_t size)
{
	auto_close int at = -1, fd = -1;

	if (mkdirat(dir, sub, 0755) < 0 && errno != EEXIST)
		return -1;
	at = openat(dir, sub, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return -1;
	fd = openat(at, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	return fd_write_all(fd, text, size);
}

/* write_drop_in - no file for an empty text; returns 0, or reports and -1 */
static int
write_drop_in(const struct run *r, int dir, const char *sub, const char *file,
    const char *text, size_t size)
{
	char path[PATH_MAX];

	if (size == 0 || write_file_in(dir, sub, file, text, size) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s/%s", r->dir, sub, file);
	return failed(r, path);
}

static int
write_unit(const struct run *r, int dir, const char *name)
{
	char sub[DIR_SIZE], *text;
	size_t size;
	int status;

	drop_in_dir(name, sub);
	if (unit_text(r->s, name, &text, &size) < 0)
		return failed(r, sub);
	status = write_drop_in(r, dir, sub, SETTINGS_FILE, text, size);
	free(text);
	return status;
}

/* write_units - those of all containers; wants: the drop-in of the target */
static int
write_units(const struct run *r, const struct names *names, int dir,
    FILE *wants)
{
	int status = 0;
	bool any = false;

	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->name[i];

		/* Use the valid ones of wrong settings. */
		(void)read_unit(r, name);
		if (write_unit(r, dir, name) < 0)
			status = -1;
		if (!settings_on(r->s, KEY_AUTO_START))
			continue;
		if (!any)
			fputs("[Unit]\n", wants);
		fprintf(wants, WANTS_LINE, name);
		any = true;
	}
	return status;
}

static int
write_all(const struct run *r, const struct names *names)
{
	auto_close int dir = -1;
	char *text = NULL;
	size_t size;
	FILE *wants = NULL;
	int status;

	if (mkdir(r->dir, 0755) == 0 || errno == EEXIST)
		dir = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		wants = open_memstream(&text, &size);
	if (!wants)
		return failed(r, r->dir);
	status = write_units(r, names, dir, wants);
	if (fclose(wants) != 0)
		status = failed(r, WANTS_FILE);
	else if (write_drop_in(r, dir, WANTS_DIR, WANTS_FILE, text, size) < 0)
		status = -1;
	free(text);
	return status;
}

int
units_generate(struct settings *s, const char *conf_dir, const char *out_dir,
    const struct settings_errors *errors)
{
	const struct run r = { s, conf_dir, out_dir, errors };
	struct names names;
	int status = 0;

	if (names_read_path(conf_dir, &names) < 0)
		return failed(&r, conf_dir);
	if (names.n > 0)
		status = write_all(&r, &names);
	names_free(&names);
	return status;
}

/* same_text - does a file have exactly this text? 1, 0, or -1 with errno */
static int
same_text(int fd, const char *text, size_t size)
{
	char *known = malloc(size + 1);
	int same = -1;
	ssize_t n;

	if (!known)
		return -1;
	n = fd_read_max(fd, known, size + 1);
	if (n >= 0)
		same = n == (ssize_t)size && !memcmp(known, text, size);
	free(known);
	return same;
}

/* compare - 1: the drop-in has another text; 0: the same; -1: reported */
static int
compare(const struct run *r, const char *name, const char *text, size_t size)
{
	char sub[DIR_SIZE], path[PATH_MAX];
	auto_close int fd = -1;
	int same = -1;

	drop_in_dir(name, sub);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s/%s", r->dir, sub,
	    SETTINGS_FILE) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return failed(r, r->dir);
	}
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return size > 0;
	if (fd >= 0)
		same = same_text(fd, text, size);
	if (same < 0)
		return failed(r, path);
	return !same;
}

char *
units_wants(const char *dir)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" WANTS_DIR "/" WANTS_FILE,
	    dir ? dir : GENERATOR_DIR);
	return fd_read_text(path, WANTS_MAX);
}

/* is_wanted - does the target want the container? */
static bool
is_wanted(const char *wants, const char *name)
{
	char line[sizeof(WANTS_LINE) + NAMES_SIZE];

	(void)snprintf(line, sizeof(line), WANTS_LINE, name);
	return strstr(wants, line) != NULL;
}

int
units_changed(struct settings *s, const char *conf_dir, const char *name,
    const char *dir, const char *wants, const struct settings_errors *errors)
{
	const struct run r = { s, conf_dir, dir ? dir : GENERATOR_DIR, errors };
	char *text;
	size_t size;
	int changed;

	if (read_unit(&r, name) < 0)
		return -1;
	if (is_wanted(wants, name) != settings_on(s, KEY_AUTO_START))
		return 1;
	if (unit_text(s, name, &text, &size) < 0)
		return failed(&r, name);
	changed = compare(&r, name, text, size);
	free(text);
	return changed;
}
