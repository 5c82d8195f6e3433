/* SPDX-License-Identifier: MIT */
#ifndef NET_PLACE_H
#define NET_PLACE_H

#include "net/nl.h"

struct verify;

/* The two network namespaces that a container's network connects. */
struct place {
	struct nl *host, *inner;	/* a socket in each; inner may be NULL */
	int host_ns, inner_ns;		/* descriptors of both, or -1 */
	const char *name;		/* of the container */
	const char *netns;		/* inner_ns as the user named it */
	struct verify *verify;		/* nothing is changed: verify.h; or NULL */
};

#endif
