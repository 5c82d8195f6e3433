/* SPDX-License-Identifier: MIT */
/* schema.c - a container in JSON; ctr-conf.8 has the table of its members */
#define _GNU_SOURCE
#include "conf/schema.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"
#include "base/port.h"
#include "conf/bind.h"
#include "conf/extra.h"
#include "base/json.h"
#include "conf/word.h"

/* next - the separator before a member or an element: "" or a comma */
static void
next(FILE *to, bool *any)
{
	if (*any)
		putc(',', to);
	*any = true;
}

static void
name_of(FILE *to, const char *name)
{
	fprintf(to, ",\"%s\":", name);
}

static void
text(FILE *to, const char *name, const char *value)
{
	name_of(to, name);
	json_text(to, value);
}

static void
flag(FILE *to, const char *name, bool on)
{
	name_of(to, name);
	fputs(on ? "true" : "false", to);
}

/* number - null below 0 */
static void
number(FILE *to, const char *name, int64_t value)
{
	name_of(to, name);
	if (value < 0)
		fputs("null", to);
	else
		fprintf(to, "%" PRId64, value);
}

/* number_of - null without a text */
static void
number_of(FILE *to, const char *name, const char *value, long long max)
{
	long long n = -1;

	if (value)
		n = num_read(value, max);
	number(to, name, n);
}

/* How to split a value into words, and how to write a word. */
typedef int cut(const char **rest, char word[WORD_SIZE]);
typedef void element(FILE *to, char *word);

static void
elements(FILE *to, const char *value, cut *cut_next, element *write, bool *any)
{
	char word[WORD_SIZE];

	while (value && cut_next(&value, word) == 1) {
		next(to, any);
		write(to, word);
	}
}

static void
array(FILE *to, const char *name, const char *value, cut *cut_next,
    element *write)
{
	bool any = false;

	name_of(to, name);
	putc('[', to);
	elements(to, value, cut_next, write, &any);
	putc(']', to);
}

/* array_of_two - the words of both values, such as those of both families */
static void
array_of_two(FILE *to, const char *name, const char *first,
    const char *second, element *write)
{
	bool any = false;

	name_of(to, name);
	putc('[', to);
	elements(to, first, word_item, write, &any);
	elements(to, second, word_item, write, &any);
	putc(']', to);
}

static void
plain(FILE *to, char *word)
{
	json_text(to, word);
}

static void
address(FILE *to, char *word)
{
	char *prefix = strchr(word, '/');

	if (prefix)
		*prefix++ = '\0';
	fputs("{\"address\":", to);
	json_text(to, word);
	number_of(to, "prefix", prefix, 128);
	putc('}', to);
}

static void
forwarded(FILE *to, char *word)
{
	char at[PORT_AT], *address = NULL, *interface = NULL;
	struct port port;
	const char *expected;

	/* A setting has passed this before. */
	(void)port_parse(word, &port, &expected);
	port_at(&port, at);
	if (port.interface[0])
		interface = at;
	else if (port.family != AF_UNSPEC)
		address = at;
	fprintf(to, "{\"protocol\":\"%s\"", port_protocol(&port));
	number(to, "hostPort", port.host);
	number(to, "containerPort", port.inner);
	text(to, "hostAddress", address);
	text(to, "hostInterface", interface);
	number(to, "hostPortLast", port.last);
	putc('}', to);
}

/* full - the text, or NULL if it is empty */
static const char *
full(const char *word)
{
	return word && *word ? word : NULL;
}

static void
macvlan(FILE *to, char *word)
{
	char *rest = word, *interface = strsep(&rest, ":");

	fputs("{\"interface\":", to);
	json_text(to, interface);
	text(to, "name", full(strsep(&rest, ":")));
	text(to, "mode", full(rest));
	putc('}', to);
}

static void
mounted(FILE *to, const char *word, bool read_only)
{
	char source[WORD_SIZE + 1];
	struct bind b;

	(void)bind_parse(word, &b);	/* type_check has accepted it */
	snprintf(source, sizeof(source), "%s%s", b.in_tree ? "+" : "",
	    b.source);
	fputs("{\"source\":", to);
	json_text(to, full(source));
	text(to, "target", b.inside);
	text(to, "options", full(b.options));
	flag(to, "readOnly", read_only);
	putc('}', to);
}

static void
writable(FILE *to, char *word)
{
	mounted(to, word, false);
}

static void
read_only(FILE *to, char *word)
{
	mounted(to, word, true);
}

/* ends - the addresses of one end of a further pair */
static void
ends(FILE *to, const char *name, const char *word, const char *key)
{
	struct extra e;
	char one[EXTRA_SIZE];
	bool any = false;

	name_of(to, name);
	putc('[', to);
	if (extra_begin(&e, word) == 0)
		while (extra_next(&e))
			if (!strcmp(e.key, key)) {
				next(to, &any);
				strcpy(one, e.value);
				address(to, one);
			}
	putc(']', to);
}

static void
further_pair(FILE *to, char *word)
{
	const char *bridge = NULL, *mac = NULL, *mtu = NULL;
	struct extra e;

	if (extra_begin(&e, word) < 0)
		e.name = NULL;
	while (e.name && extra_next(&e)) {
		if (!strcmp(e.key, "bridge"))
			bridge = e.value;
		else if (!strcmp(e.key, "mac"))
			mac = e.value;
		else if (!strcmp(e.key, "mtu"))
			mtu = e.value;
	}
	fputs("{\"name\":", to);
	json_text(to, e.name);
	ends(to, "addresses", word, "local");
	ends(to, "hostAddresses", word, "host");
	text(to, "bridge", bridge);
	text(to, "mac", mac);
	number_of(to, "mtu", mtu, 65535);
	putc('}', to);
}

static void
write_status(FILE *to, const struct view *v)
{
	const struct status *st = &v->status;

	text(to, "state", status_name(st->state));
	text(to, "since", st->since);
	number(to, "leader", st->leader);
	number(to, "memory", st->memory);
	number(to, "tasks", st->tasks);
	fprintf(to, ",\"unit\":\"container@%s.service\"", v->name);
	text(to, "root", v->tree);
	text(to, "settings", v->file);
	flag(to, "autoStart", settings_on(&v->settings, KEY_AUTO_START));
	text(to, "systemPath", v->settings.value[KEY_SYSTEM_PATH]);
	text(to, "flake", v->settings.value[KEY_FLAKE]);
	text(to, "configFile", v->settings.value[KEY_CONFIG_FILE]);
	text(to, "declaredIn", v->settings.value[KEY_DECLARED_IN]);
	number(to, "generation", st->generation);
	text(to, "system", view_system(v));
}

static void
write_network(FILE *to, const struct settings *s)
{
	const char *mtu = s->value[KEY_MTU];

	flag(to, "privateNetwork", settings_on(s, KEY_PRIVATE_NETWORK));
	array_of_two(to, "addresses", s->value[KEY_LOCAL_ADDRESS],
	    s->value[KEY_LOCAL_ADDRESS6], address);
	array_of_two(to, "hostAddresses", s->value[KEY_HOST_ADDRESS],
	    s->value[KEY_HOST_ADDRESS6], address);
	text(to, "bridge", s->value[KEY_HOST_BRIDGE]);
	text(to, "mac", s->value[KEY_LOCAL_MAC_ADDRESS]);
	number_of(to, "mtu", mtu, 65535);
	array_of_two(to, "gateways", s->value[KEY_GATEWAY],
	    s->value[KEY_GATEWAY6], plain);
	array(to, "ports", s->value[KEY_HOST_PORT], word_item, forwarded);
	flag(to, "nat", settings_on(s, KEY_NAT));
	array(to, "allowFrom", s->value[KEY_ALLOW_FROM], word_item, plain);
	flag(to, "resolveContainers", settings_on(s, KEY_RESOLVE_CONTAINERS));
	flag(to, "nixDaemon", settings_on(s, KEY_NIX_DAEMON) &&
	    !settings_closure(s));
	array(to, "extraVeths", s->value[KEY_EXTRA_VETHS], word_next,
	    further_pair);
	array(to, "interfaces", s->value[KEY_INTERFACES], word_next, plain);
	array(to, "macvlans", s->value[KEY_MACVLANS], word_next, macvlan);
	text(to, "networkNamespacePath",
	    s->value[KEY_NETWORK_NAMESPACE_PATH]);
}

static void
write_files(FILE *to, const struct settings *s)
{
	bool any = false;

	name_of(to, "binds");
	putc('[', to);
	elements(to, s->value[KEY_BIND], word_next, writable, &any);
	elements(to, s->value[KEY_BIND_RO], word_next, read_only, &any);
	putc(']', to);
	array(to, "tmpfs", s->value[KEY_TMPFS], word_next, plain);
	array(to, "devices", s->value[KEY_DEVICES], word_next, plain);
	array(to, "credentials", s->value[KEY_CREDENTIALS], word_next, plain);
}

static void
write_rights(FILE *to, const struct settings *s)
{
	array(to, "capabilities", s->value[KEY_CAPABILITIES], word_item, plain);
	fputs(",\"limits\":{\"memoryMax\":", to);
	json_text(to, s->value[KEY_MEMORY_MAX]);
	text(to, "memorySwapMax", s->value[KEY_MEMORY_SWAP_MAX]);
	text(to, "cpuQuota", s->value[KEY_CPU_QUOTA]);
	text(to, "allowedCpus", s->value[KEY_ALLOWED_CPUS]);
	text(to, "ioWeight", s->value[KEY_IO_WEIGHT]);
	text(to, "ioReadBandwidthMax", s->value[KEY_IO_READ_BANDWIDTH_MAX]);
	text(to, "ioWriteBandwidthMax", s->value[KEY_IO_WRITE_BANDWIDTH_MAX]);
	text(to, "tasksMax", s->value[KEY_TASKS_MAX]);
	putc('}', to);
	text(to, "privateUsers", s->value[KEY_PRIVATE_USERS]);
	text(to, "store", s->value[KEY_STORE]);
	flag(to, "ephemeral", settings_on(s, KEY_EPHEMERAL));
	array(to, "after", s->value[KEY_AFTER], word_next, plain);
	array(to, "requires", s->value[KEY_REQUIRES], word_next, plain);
}

void
schema_write(FILE *to, const struct view *v)
{
	const char *error = NULL;
	bool any = false;

	fputs("{\"name\":", to);
	json_text(to, v->name);
	write_status(to, v);
	write_network(to, &v->settings);
	write_files(to, &v->settings);
	write_rights(to, &v->settings);
	name_of(to, "errors");
	putc('[', to);
	while ((error = view_error(v, error))) {
		next(to, &any);
		json_text(to, error);
	}
	fputs("]}", to);
}
