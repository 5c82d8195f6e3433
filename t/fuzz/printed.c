/* SPDX-License-Identifier: MIT */
/*
 * printed.c - output for other programs
 *
 * For systemd, systemd-nspawn, mkveth and nft: for all settings, each line begins
 * like the lines of its kind.
 */
#include "fuzz.h"

#include "conf/args.h"
#include "conf/check.h"
#include "conf/dropin.h"
#include "conf/rules.h"
#include "conf/ruleset.h"
#include "conf/settings.h"

static struct settings s;
static char *text;
static size_t size_printed;

static FILE *
begin(void)
{
	FILE *out = open_memstream(&text, &size_printed);

	fuzz_must(out != NULL);
	return out;
}

static void
begins_as(const char *line, const char *const *starts)
{
	while (*starts && strncmp(line, *starts, strlen(*starts)) != 0)
		starts++;
	fuzz_must(*starts);
}

/* each_line - check all lines of the output, and free it */
static void
each_line(FILE *out, const char *const *starts)
{
	const char *line;

	fuzz_must(fclose(out) == 0);
	for (line = text; *line; line++) {
		begins_as(line, starts);
		line = strchr(line, '\n');
		fuzz_must(line != NULL);
	}
	fuzz_must(line == text + size_printed);
	free(text);
}

/* drop_in - each section occurs once, and [Unit] is the first */
static void
drop_in(void)
{
	static const char *const starts[] = { "[Unit]\n", "[Service]\n",
	    "After=", "Requires=", "Wants=", "RequiresMountsFor=\"/", "DeviceAllow=",
	    "MemoryMax=", "CPUQuota=", "TasksMax=", "TimeoutStartSec=", NULL };
	FILE *out = begin();
	const char *second;

	dropin_print(&s, "web", out);
	fflush(out);
	fuzz_must(size_printed == 0 || text[0] == '[');
	second = strstr(text, "\n[");
	fuzz_must(!second || !strncmp(second, "\n[Service]\n", 11));
	fuzz_must(!second || !strstr(second + 1, "\n["));
	each_line(out, starts);
}

static void
args(void)
{
	FILE *out = begin();

	args_nspawn(&s, "/run/some", '\0', out);
	args_network(&s, '\0', out);
	fuzz_must(fclose(out) == 0);
	fuzz_must(size_printed == 0 || text[size_printed - 1] == '\0');
	for (size_t i = 0; i < size_printed; i++) {
		fuzz_must(text[i] != '\n');
		fuzz_must(text[i] != '\0' || text[i + 1] != '\0' ||
		    i + 1 == size_printed);
	}
	free(text);
}

static int
any_mac(const char *name, const char *interface, uint8_t mac[6])
{
	(void)name;
	memset(mac, *interface, 6);
	return 0;
}

static void
any_link(const char *name, char ifname[IFNAMSIZ])
{
	snprintf(ifname, IFNAMSIZ, "c-%.12s", name);
}

static void
rules(void)
{
	static const char *const starts[] = { "links \"", "routed \"", "nat4 ", "nat6 ",
	    "via4 \"", "via6 \"", "bridged \"", "port \"", "portmac \"", "portfix4 \"",
	    "portfix6 \"", "portip4 \"", "portip6 \"", "portnd6 \"",
	    "forward4 tcp . ", "forward4 udp . ", "forward6 tcp . ",
	    "forward6 udp . ", "forward4_at ", "forward6_at ", "forward4_by \"",
	    "forward6_by \"", "forward4_range tcp . ", "forward4_range udp . ",
	    "forward6_range tcp . ", "forward6_range udp . ",
	    "forward4_range_at ", "forward6_range_at ", "forward4_range_by \"",
	    "forward6_range_by \"", "hairpin4 \"", "hairpin6 \"",
	    "limited \"", "from_link \"", "from_containers \"", "from_host \"",
	    "from_ports \"", "from_lan \"", "from_any \"", "from4_range \"",
	    "from6_range \"", "near4 \"", "near6 \"",
	    "claim tcp:", "claim udp:", "local tcp-", "address ", NULL };
	static const char *const commands[] = {
	    "add element inet nixos-container ", "delete element inet nixos-container ",
	    "add element bridge nixos-container port",
	    "delete element bridge nixos-container port", NULL };
	const struct rules_links links = { "web", "c-web", any_mac,
	    any_link };
	FILE *out = begin(), *in;
	char *elements;

	rules_print(&s, &links, out);
	fuzz_must(fflush(out) == 0);
	elements = strdup(text);
	fuzz_must(elements != NULL);
	each_line(out, starts);
	if (*elements) {
		in = fmemopen(elements, strlen(elements), "r");
		fuzz_must(in != NULL);
		out = begin();
		fuzz_must(ruleset_commands(in, true, out) == 0);
		fclose(in);
		each_line(out, commands);
	}
	free(elements);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ok;

	if (size > ENVFILE_MAX)
		return 0;
	memcpy(s.text, data, size);
	ok = settings_parse(&s, size, "file", NULL);
	drop_in();
	if (ok < 0 || check_settings(&s, "web", "file", NULL) < 0)
		return 0;
	args();
	rules();
	return 0;
}
