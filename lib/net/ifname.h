/* SPDX-License-Identifier: MIT */
#ifndef NET_IFNAME_H
#define NET_IFNAME_H

#include <net/if.h>
#include <stdbool.h>

/* Size of "c-", the longest container name, and the number of a pair. */
enum { IFNAME_ALT_SIZE = 80 };

/*
 * ifname_ok - is this a valid name for a network interface?
 *
 * 1 to 15 printable characters without "/", ":" or blanks, not "." or "..",
 * and without "%", which the kernel treats as a pattern.
 * Source: dev_valid_name and dev_alloc_name in the kernel.
 */
bool ifname_ok(const char *name);

/*
 * ifname_host - the name of the host's interface for a container
 *
 * name has passed name_ok.  alt is always "c-NAME", and so is buf if it is
 * short enough.  Else buf is "c_" and 13 characters of a hash of name, and the
 * caller sets alt as alternative name.  No container name has an underscore, so
 * this cannot be the "c-NAME" of another.  Returns whether buf and alt differ.
 */
bool ifname_host(const char *name, char buf[IFNAMSIZ],
    char alt[IFNAME_ALT_SIZE]);

/* ifname_link - ifname_host, for a caller that needs one of its two names */
void ifname_link(const char *name, char buf[IFNAMSIZ]);

#endif
