/* SPDX-License-Identifier: MIT */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>

/* For messages about names that name_ok refuses. */
#define NAME_ALLOWED \
	"a name is 1 to 63 letters, digits and hyphens, with a letter or " \
	"digit at both ends"

/*
 * name_ok - is this the name of a container?
 *
 * A host name label of RFC 1123: [a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?
 * Beside these, the underscores that NixOS's own tools allowed before 22.05.
 */
bool name_ok(const char *name);

/* name_new_ok - the same of a container to be created: without underscores */
bool name_new_ok(const char *name);

/*
 * name_reserved - does Podman have a file of that name where settings are?
 *
 * NAME.conf then belongs to Podman, not to a container.  Podman's directory is
 * /etc/containers: a suite that is built for another one, as NixOS has it, takes
 * every name.
 * Source: containers-registries.conf(5) and similar pages.
 */
bool name_reserved(const char *name);

#endif
