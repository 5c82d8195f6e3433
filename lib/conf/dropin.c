/* SPDX-License-Identifier: MIT */
/* dropin.c - print settings as a drop-in for the container's unit */
#include "conf/dropin.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/name.h"
#include "conf/bind.h"
#include "conf/device.h"
#include "conf/limit.h"
#include "conf/word.h"

enum { UNIT_SIZE = 288 };	/* a unit of another program: 255 */

/* A drop-in as it is written. */
struct drop_in {
	FILE *out;
	const char *section;	/* the heading that was written last, or NULL */
};

/* put - write a line; its section begins with the first one */
__attribute__((format(printf, 3, 4)))
static void
put(struct drop_in *d, const char *section, const char *fmt, ...)
{
	va_list ap;

	if (d->section != section)
		fprintf(d->out, "[%s]\n", section);
	d->section = section;
	va_start(ap, fmt);
	vfprintf(d->out, fmt, ap);
	va_end(ap);
}

static const char unit[] = "Unit", service[] = "Service";

/* escape - as systemd-escape(1) does; cut if no unit can have the name */
static void
escape(const char *text, char buf[UNIT_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *out = buf;

	for (; *text && out < buf + UNIT_SIZE - 5; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || c == ':' || c == '_' || c == '.') {
			*out++ = *text;
			continue;
		}
		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	*out = '\0';
}

/* unit_of - false: too long for a unit, which the type of the key refuses */
static bool
unit_of(const char *name, char buf[UNIT_SIZE])
{
	bool container = name_ok(name);
	int n = snprintf(buf, UNIT_SIZE, "%s%s%s", container ? "container@" : "",
	    name, container ? ".service" : "");

	return n < UNIT_SIZE;
}

/* put_order - After=, and for REQUIRES also Requires=; never the unit itself */
static void
put_order(struct drop_in *d, const struct settings *s, enum key key,
    const char *name)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE], own[UNIT_SIZE], other[UNIT_SIZE];

	if (!unit_of(name, own))
		return;
	while (rest && word_next(&rest, word) == 1) {
		if (!unit_of(word, other) || !strcmp(other, own))
			continue;
		put(d, unit, "After=%s\n", other);
		if (key == KEY_REQUIRES)
			put(d, unit, "Requires=%s\n", other);
	}
}

/*
 * put_interfaces - wait for interfaces that appear late
 *
 * Only Wants=: the device stops when its interface moves into the container.
 */
static void
put_interfaces(struct drop_in *d, const struct settings *s, enum key key)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE], device[UNIT_SIZE];

	while (rest && word_next(&rest, word) == 1) {
		word[strcspn(word, ":=")] = '\0';
		escape(word, device);
		put(d, unit, "After=sys-subsystem-net-devices-%s.device\n",
		    device);
		put(d, unit, "Wants=sys-subsystem-net-devices-%s.device\n",
		    device);
	}
}

/* put_servers - follow the name servers of a network namespace with a name */
static void
put_servers(struct drop_in *d, const struct settings *s)
{
	const char *path = s->value[KEY_NETWORK_NAMESPACE_PATH];
	char name[UNIT_SIZE];

	if (!path || !settings_on(s, KEY_COPY_RESOLV_CONF))
		return;
	if (!strncmp(path, "/var/", 5))
		path += 4;
	if (strncmp(path, "/run/netns/", 11) != 0)
		return;
	escape(strrchr(path, '/') + 1, name);
	put(d, unit, "Wants=nixos-container-resolv@%s.path\n", name);
}

/* put_quoted - systemd removes backslashes in quotes, and "%" is a specifier */
static void
put_quoted(struct drop_in *d, const char *path)
{
	putc('"', d->out);
	for (; *path; path++) {
		if (*path == '\\' || *path == '"')
			putc('\\', d->out);
		else if (*path == '%')
			putc('%', d->out);
		putc(*path, d->out);
	}
	putc('"', d->out);
}

static void
put_mount(struct drop_in *d, const char *path)
{
	put(d, unit, "RequiresMountsFor=");
	put_quoted(d, path);
	putc('\n', d->out);
}

static void
put_mounts(struct drop_in *d, const struct settings *s, enum key key)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE];
	struct bind b;

	while (rest && word_next(&rest, word) == 1)
		if (bind_parse(word, &b) == 0 && !b.in_tree && *b.source)
			put_mount(d, b.source);
}

/* bound_by - the bind of this flag: behind its "=", or in the next word */
static const char *
bound_by(const char *flag, const char **rest, char next[WORD_SIZE])
{
	static const char *const names[] = { "--bind-ro", "--bind" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);

		if (strncmp(flag, names[i], n) != 0)
			continue;
		if (flag[n] == '=')
			return flag + n + 1;
		if (!flag[n] && word_next(rest, next) == 1)
			return next;
	}
	return NULL;
}

/* put_flags - NixOS's own module has all binds in the flags of systemd-nspawn */
static void
put_flags(struct drop_in *d, const struct settings *s)
{
	const char *rest = s->value[KEY_EXTRA_NSPAWN_FLAGS], *bound;
	char word[WORD_SIZE], next[WORD_SIZE];
	struct bind b;

	while (rest && word_next(&rest, word) == 1) {
		bound = bound_by(word, &rest, next);
		if (bound && bind_split(bound, &b) == 0 && !b.in_tree &&
		    *b.source == '/')
			put_mount(d, b.source);
	}
}

static void
put_devices(struct drop_in *d, const struct settings *s)
{
	const char *rest = s->value[KEY_DEVICES], *mode;
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1) {
		size_t n = device_node(word, &mode);

		put(d, service, "DeviceAllow=%.*s %s\n", (int)n, word, mode);
	}
}

static void
put_rates(struct drop_in *d, const char *property, const char *rest)
{
	char word[WORD_SIZE], *rate;

	while (word_next(&rest, word) == 1) {
		rate = strrchr(word, ':');
		*rate++ = '\0';
		put(d, service, "%s=", property);
		put_quoted(d, word);
		fprintf(d->out, " %s\n", rate);
	}
}

static void
put_limits(struct drop_in *d, const struct settings *s)
{
	for (int i = 0; i < LIMIT_KEYS; i++) {
		const struct limit *l = &limits[i];
		const char *value = s->value[l->key];

		if (value && key_info[l->key].type == TYPE_RATES)
			put_rates(d, l->property, value);
		else if (value)
			put(d, service, "%s=%s\n", l->property, value);
	}
}

void
dropin_print(const struct settings *s, const char *name, FILE *out)
{
	struct drop_in d = { out, NULL };

	put_order(&d, s, KEY_AFTER, name);
	put_order(&d, s, KEY_REQUIRES, name);
	put_interfaces(&d, s, KEY_INTERFACES);
	put_interfaces(&d, s, KEY_MACVLANS);
	put_servers(&d, s);
	put_mounts(&d, s, KEY_BIND);
	put_mounts(&d, s, KEY_BIND_RO);
	put_flags(&d, s);
	put_devices(&d, s);
	put_limits(&d, s);
	if (s->value[KEY_START_TIMEOUT])
		put(&d, service, "TimeoutStartSec=%s\n",
		    s->value[KEY_START_TIMEOUT]);
}
