/* SPDX-License-Identifier: MIT */
/* name.c - names of containers */
#include "base/name.h"

#include <stddef.h>
#include <string.h>

static bool
alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

bool
name_ok(const char *name)
{
	size_t n;

	for (n = 0; alnum(name[n]) || name[n] == '-' || name[n] == '_'; n++)
		;
	return n >= 1 && n <= 63 && name[n] == '\0' && name[0] != '-' &&
	    name[n - 1] != '-';
}

bool
name_new_ok(const char *name)
{
	return name_ok(name) && !strchr(name, '_');
}

bool
name_reserved(const char *name)
{
	static const char *const podman[] = { "cache", "containers", "mounts",
	    "policy", "registries", "sigstore", "storage" };

	if (strcmp(CONF_DIR, "/etc/containers") != 0)
		return false;
	for (size_t i = 0; i < sizeof(podman) / sizeof(podman[0]); i++)
		if (!strcmp(podman[i], name))
			return true;
	return false;
}
