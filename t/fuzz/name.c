/* SPDX-License-Identifier: MIT */
/* name.c - names of containers, interfaces and namespaces */
#include "fuzz.h"

#include "net/ifname.h"
#include "base/name.h"
#include "net/netns.h"

static void
container(const char *name)
{
	char host[IFNAMSIZ], alt[IFNAME_ALT_SIZE];
	bool differ = ifname_host(name, host, alt);

	fuzz_must(ifname_ok(host) && netns_is_name(name));
	fuzz_must(differ == (strcmp(host, alt) != 0));
	fuzz_must(!strncmp(alt, "c-", 2) && !strcmp(alt + 2, name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), path[128];

	if (name_ok(text))
		container(text);
	if (ifname_ok(text))
		fuzz_must(strlen(text) < IFNAMSIZ && !strchr(text, '/'));
	if (netns_is_name(text)) {
		fuzz_must(!strchr(text, '/') && *text != '\0');
		fuzz_must(strcmp(text, ".") && strcmp(text, ".."));
	}
	if (netns_path(text, path, sizeof(path)) == 0)
		fuzz_must(memchr(path, '\0', sizeof(path)) && strchr(path, '/'));
	free(text);
	return 0;
}
