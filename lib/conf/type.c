/* SPDX-License-Identifier: MIT */
/* type.c - the types of settings */
#define _GNU_SOURCE
#include "conf/type.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/name.h"
#include "base/num.h"
#include "base/port.h"
#include "conf/allow.h"
#include "conf/bind.h"
#include "conf/device.h"
#include "conf/ip.h"
#include "conf/word.h"

#define SOURCE_FORM "any, containers, host, lan, none, ports, names of " \
	"containers, and networks like 192.0.2.0/24"
#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { CPU_LAST = 8191 };	/* as CONFIG_NR_CPUS on amd64 allows */

/* More digits than any valid number needs. */
static bool
digits(const char *text, size_t n)
{
	return n >= 1 && n <= 18 && strspn(text, "0123456789") == n;
}

static bool
is_path(const char *v)
{
	return *v == '/' && strlen(v) < PATH_MAX;
}

/* Nix would take a word that begins with "-" for an option. */
static bool
is_flake(const char *v)
{
	return *v != '-' && strlen(v) < PATH_MAX;
}

static bool
is_address4(const char *v)
{
	struct ip ip;

	return ip_parse(v, AF_INET, &ip) == 0;
}

static bool
is_address6(const char *v)
{
	struct ip ip;

	return ip_parse(v, AF_INET6, &ip) == 0;
}

static bool
is_gateway4(const char *v)
{
	return !strchr(v, '/') && is_address4(v);
}

static bool
is_gateway6(const char *v)
{
	return !strchr(v, '/') && is_address6(v);
}

/* As ifname_ok in lib/net: a name that the kernel accepts, and not a pattern. */
static bool
is_interface(const char *v)
{
	size_t n = strlen(v);

	if (n < 1 || n >= IFNAMSIZ || !strcmp(v, ".") || !strcmp(v, ".."))
		return false;
	for (; *v; v++)
		if (*v <= ' ' || *v > '~' || strchr("/:%", *v))
			return false;
	return true;
}

/* is_link - an interface that is named in rules: nft has signs of its own */
static bool
is_link(const char *v)
{
	return is_interface(v) && v[strcspn(v, "\"'*\\;{}")] == '\0';
}

static bool
is_mac(const char *v)
{
	if (strlen(v) != 17 || !strncmp(v, "00:00:00:00:00:00", 17))
		return false;
	for (int i = 0; i < 17; i++) {
		bool right = isxdigit((unsigned char)v[i]);

		if (i % 3 == 2)
			right = v[i] == ':';
		if (!right)
			return false;
	}
	/* An odd first byte means a multicast address. */
	return strchr("02468aceACE", v[1]) != NULL;
}

static bool
is_mtu(const char *v)
{
	return *v != '0' && num_read(v, 65535) >= 68;
}

/* port_detail - what a wrong port should have been */
static const char *
port_detail(const char *v)
{
	struct port port;
	const char *expected;

	(void)port_parse(v, &port, &expected);
	return expected;
}

static bool
is_port(const char *v)
{
	return !port_detail(v);
}

static bool
is_source(const char *v)
{
	struct allow a;

	return allow_parse(v, &a) == 0;
}

static const char *
source_detail(const char *v)
{
	if (strchr(v, '/') && (is_address4(v) || is_address6(v)))
		return "a network with no bits set behind its prefix";
	return SOURCE_FORM;
}

/* is_pair_part - one KEY=VALUE of a further pair */
static bool
is_pair_part(const char *part)
{
	const char *value = strchr(part, '=');
	size_t n;

	if (!value)
		return false;
	n = (size_t)(value++ - part);
	if (n == 4 && !memcmp(part, "host", n))
		return is_address4(value) || is_address6(value);
	if (n == 5 && !memcmp(part, "local", n))
		return is_address4(value) || is_address6(value);
	if (n == 6 && !memcmp(part, "bridge", n))
		return is_link(value);
	if (n == 3 && !memcmp(part, "mac", n))
		return is_mac(value);
	return n == 3 && !memcmp(part, "mtu", n) && is_mtu(value);
}

static bool
is_pair(const char *v)
{
	char buf[1024], *rest = buf, *name, *part;

	if (strlen(v) >= sizeof(buf))
		return false;
	strcpy(buf, v);
	name = strsep(&rest, ":");
	if (!is_link(name))
		return false;
	while ((part = strsep(&rest, ",")))
		if (*part && !is_pair_part(part))
			return false;
	return true;
}

static bool
is_macvlan(const char *v)
{
	char buf[64], *rest = buf, *name, *inside, *mode;

	if (strlen(v) >= sizeof(buf))
		return false;
	strcpy(buf, v);
	name = strsep(&rest, ":");
	inside = strsep(&rest, ":");
	mode = rest;
	return is_interface(name) &&
	    (!inside || !*inside || is_interface(inside)) &&
	    (!mode || word_in(mode, strlen(mode), "bridge private vepa passthru"));
}

static bool
is_bind(const char *v)
{
	struct bind b;

	return bind_parse(v, &b) == 0;
}

static bool
is_tmpfs(const char *v)
{
	return *v == '/';
}

static bool
is_device(const char *v)
{
	const char *mode;

	return device_node(v, &mode) > 0;
}

/*
 * All capabilities up to Linux 6.12.  libcap's cap_from_name(3) would make a static
 * program several KiB larger.
 */
static bool
is_capability(const char *v)
{
	char name[24];		/* the longest has 18 letters */
	size_t n;

	if (!strcmp(v, "all"))
		return true;
	if (strncasecmp(v, "cap_", 4) != 0)
		return false;
	for (n = 0; v[4 + n] && n < sizeof(name); n++)
		name[n] = (char)tolower((unsigned char)v[4 + n]);
	return word_in(name, n, "audit_control audit_read audit_write "
	    "block_suspend bpf checkpoint_restore chown dac_override "
	    "dac_read_search fowner fsetid ipc_lock ipc_owner kill lease "
	    "linux_immutable mac_admin mac_override mknod net_admin "
	    "net_bind_service net_broadcast net_raw perfmon setfcap setgid "
	    "setpcap setuid sys_admin sys_boot sys_chroot sys_module sys_nice "
	    "sys_pacct sys_ptrace sys_rawio sys_resource sys_time "
	    "sys_tty_config syslog wake_alarm");
}

/* The last of 65536 IDs must be below 4294967295, which is not a user. */
static bool
is_users(const char *v)
{
	size_t n = strlen(v);

	if (!digits(v, n) || n > 10)
		return false;
	return n < 10 || strcmp(v, "4294901760") <= 0;
}

/* is_amount - a number of n digits that is not zero, N% up to 100, infinity */
static bool
is_amount(const char *v, size_t n)
{
	size_t len = strlen(v);

	if (!strcmp(v, "infinity"))
		return true;
	if (!digits(v, n) || v[strspn(v, "0")] < '1' || v[strspn(v, "0")] > '9')
		return false;
	if (v[n] != '%')
		return n == len;
	return n + 1 == len && (n < 3 || (n == 3 && strncmp(v, "100", 3) <= 0));
}

static bool
is_count(const char *v)
{
	return is_amount(v, strspn(v, "0123456789"));
}

static bool
is_size(const char *v)
{
	size_t n = strspn(v, "0123456789");
	char number[20];

	if (n + 1 != strlen(v) || !strchr("KMGT", v[n]) || n >= sizeof(number))
		return is_count(v);
	memcpy(number, v, n);
	number[n] = '\0';
	return is_count(number);
}

static bool
is_swap(const char *v)
{
	return !strcmp(v, "0") || is_size(v);
}

/* is_cpus - N or N-M */
static bool
is_cpus(const char *v)
{
	char first[8];
	size_t n = strcspn(v, "-");
	long long from;

	if (n >= sizeof(first))
		return false;
	memcpy(first, v, n);
	first[n] = '\0';
	from = num_read(first, CPU_LAST);
	return from >= 0 && (!v[n] || num_read(v + n + 1, CPU_LAST) >= from);
}

static bool
is_weight(const char *v)
{
	return *v != '0' && num_read(v, 10000) >= 1;
}

/* is_rate - a path, and bytes that are not a percentage */
static bool
is_rate(const char *v)
{
	const char *bytes = strrchr(v, ':');

	return *v == '/' && bytes && bytes - v < PATH_MAX &&
	    !strchr(bytes, '%') && is_size(bytes + 1);
}

static bool
is_credential(const char *v)
{
	size_t n = strspn(v, ALNUM "_.-");

	return n > 0 && n < 256 && *v != '.' && v[n] == ':' && is_path(v + n + 1);
}

static bool
is_percent(const char *v)
{
	size_t n = strspn(v, "0123456789");

	return digits(v, n) && n < 8 && strspn(v, "0") < n && !strcmp(v + n, "%");
}

static bool
is_flag(const char *v)
{
	(void)v;		/* systemd-nspawn knows */
	return true;
}

static bool
is_unit(const char *v)
{
	const char *dot = strrchr(v, '.');
	size_t n = strlen(v);

	if (name_ok(v))
		return true;
	return dot && dot > v && n < 256 &&
	    strspn(v, ALNUM ":_.\\@-") == n &&
	    word_in(dot + 1, strlen(dot + 1), "service target socket mount "
	    "path timer device slice");
}

/* decimal - the length of a number like 2 or 1.5; 0: there is none */
static size_t
decimal(const char *v)
{
	size_t n = strspn(v, "0123456789"), more = 0;

	if (n < 1 || n > 9)
		return 0;
	if (v[n] == '.') {
		more = 1 + strspn(v + n + 1, "0123456789");
		if (!digits(v + n + 1, more - 1))
			return 0;
	}
	return n + more;
}

/* Numbers with units, as in systemd.time(7); one without is seconds. */
static bool
is_span(const char *v)
{
	size_t n;

	if (!strcmp(v, "infinity"))
		return true;
	do {
		n = decimal(v);
		if (n == 0)
			return false;
		v += n;
		v += strspn(v, " ");
		n = strspn(v, "Mabcdefghijklmnopqrstuvwxyz");
		if (n && !word_in(v, n, "us usec ms msec s sec second seconds m "
		    "min minute minutes h hr hour hours d day days w week "
		    "weeks M month months y year years"))
			return false;
		v += n;
		v += strspn(v, " ");
	} while (*v);
	return true;
}

enum list { SINGLE, WORDS, ITEMS };

static const struct row {
	const char *name, *expected;
	enum list list;
	bool (*ok)(const char *word);	/* NULL: values has all */
	const char *values;	/* words that are right, with blanks between, or NULL */
} rows[TYPES] = {
	[TYPE_SWITCH] = { "switch", "0 or 1", SINGLE, NULL, "0 1" },
	[TYPE_STORE] = { "store", "all or closure", SINGLE, NULL,
	    "all closure" },
	[TYPE_PATH] = { "path", "an absolute path", SINGLE, is_path, NULL },
	[TYPE_FLAKE] = { "flake", "a flake reference", SINGLE, is_flake, NULL },
	[TYPE_ADDRESS4] = { "IPv4 address",
	    "an IPv4 address of an interface, ADDRESS[/PREFIX]",
	    ITEMS, is_address4, NULL },
	[TYPE_ADDRESS6] = { "IPv6 address",
	    "an IPv6 address of an interface, ADDRESS[/PREFIX]",
	    ITEMS, is_address6, NULL },
	[TYPE_GATEWAY4] = { "IPv4 address",
	    "an IPv4 address without a prefix", SINGLE, is_gateway4, NULL },
	[TYPE_GATEWAY6] = { "IPv6 address",
	    "an IPv6 address without a prefix", SINGLE, is_gateway6, NULL },
	[TYPE_INTERFACE] = { "interface",
	    "the name of an interface, 1 to 15 characters without "
	    "quotes or wildcards", SINGLE, is_link, NULL },
	[TYPE_MAC] = { "MAC address",
	    "the MAC address of one host, like 02:00:00:00:00:07",
	    SINGLE, is_mac, NULL },
	[TYPE_MTU] = { "number", "an MTU of 68 to 65535", SINGLE, is_mtu, NULL },
	[TYPE_PORTS] = { "list of ports", PORT_FORM, ITEMS, is_port, NULL },
	[TYPE_SOURCES] = { "list of sources", SOURCE_FORM, ITEMS, is_source,
	    "any containers host lan none ports" },
	[TYPE_PAIRS] = { "list of pairs", "IFNAME[:KEY=VALUE,...] with the "
	    "keys host, local, bridge, mac and mtu", WORDS, is_pair, NULL },
	[TYPE_INTERFACES] = { "list of interfaces",
	    "names of interfaces, each 1 to 15 characters",
	    WORDS, is_interface, NULL },
	[TYPE_MACVLANS] = { "list of interfaces", "IFNAME[:NAME[:MODE]] with "
	    "the modes bridge, private, vepa and passthru", WORDS, is_macvlan, NULL },
	[TYPE_BINDS] = { "list of paths",
	    "PATH[:INSIDE[:OPTIONS]] with absolute paths", WORDS, is_bind, NULL },
	[TYPE_TMPFS] = { "list of paths",
	    "PATH[:OPTIONS] with an absolute path", WORDS, is_tmpfs, NULL },
	[TYPE_DEVICES] = { "list of devices",
	    "/dev/NODE, char-NAME or block-NAME, each with [:rwm]",
	    WORDS, is_device, NULL },
	[TYPE_CREDENTIALS] = { "list of credentials", "ID:PATH with an absolute "
	    "path, and an ID of letters, digits, dots, hyphens and underscores",
	    WORDS, is_credential, NULL },
	[TYPE_CAPABILITIES] = { "list of capabilities",
	    "capabilities like CAP_SYS_TIME, or all", ITEMS, is_capability, NULL },
	[TYPE_USERS] = { "users", "pick, identity, no, or the first of 65536 "
	    "users, 0 to 4294901760", SINGLE, is_users, "pick identity no" },
	[TYPE_SIZE] = { "bytes", "a number above 0 with K, M, G or T behind "
	    "it, N% or infinity", SINGLE, is_size, NULL },
	[TYPE_SWAP] = { "bytes", "a number with K, M, G or T behind it, N% or "
	    "infinity", SINGLE, is_swap, NULL },
	[TYPE_PERCENT] = { "percent", "N% above 0", SINGLE, is_percent, NULL },
	[TYPE_CPUS] = { "list of processors", "N or N-M", ITEMS, is_cpus, NULL },
	[TYPE_WEIGHT] = { "number", "a number from 1 to 10000", SINGLE,
	    is_weight, NULL },
	[TYPE_RATES] = { "list of rates", "PATH:BYTES with an absolute path, and "
	    "a number above 0 with K, M, G or T behind it, or infinity",
	    WORDS, is_rate, NULL },
	[TYPE_COUNT] = { "number", "a number above 0, N% or infinity",
	    SINGLE, is_count, NULL },
	[TYPE_FLAGS] = { "list of flags", "words", WORDS, is_flag, NULL },
	[TYPE_UNITS] = { "list of containers and units",
	    "names of containers, and full names of units", WORDS, is_unit, NULL },
	[TYPE_SPAN] = { "time span", "a time span like 2min 30s, or infinity",
	    SINGLE, is_span, NULL },
};

const char *
type_name(enum type type)
{
	return rows[type].name;
}

const char *
type_expected(enum type type)
{
	return rows[type].expected;
}

const char *
type_values(enum type type)
{
	return rows[type].values;
}

/* is_right - is a word of this type? */
static bool
is_right(const struct row *row, const char *word)
{
	return (row->values && word_in(word, strlen(word), row->values)) ||
	    (row->ok && row->ok(word));
}

static int
invalid(const struct row *row, const char *value, struct errmsg *why)
{
	bool cut = strlen(value) > 100;
	const char *expected = row->expected;

	if (row == &rows[TYPE_PORTS])
		expected = port_detail(value);
	if (row == &rows[TYPE_SOURCES])
		expected = source_detail(value);
	return errmsg_set(why, "invalid value \"%.100s%s\" (expected %s)",
	    value, cut ? "..." : "", expected);
}

int
type_check(enum type type, const char *value, struct errmsg *why)
{
	const struct row *row = &rows[type];
	const char *rest = value;
	char word[WORD_SIZE];
	int r;

	if (row->list == SINGLE && is_right(row, value))
		return 0;
	if (row->list == SINGLE)
		return invalid(row, value, why);
	for (;;) {
		if (row->list == WORDS)
			r = word_next(&rest, word);
		else
			r = word_item(&rest, word);
		if (r == 0)
			return 0;
		if (r < 0 && errno == EINVAL)
			return errmsg_set(why, "invalid value \"%.100s\" "
			    "(a single quote is not closed)", value);
		if (r < 0)
			return errmsg_set(why, "invalid value \"%.100s\" "
			    "(a word is too long)", value);
		if (!is_right(row, word))
			return invalid(row, word, why);
	}
}
