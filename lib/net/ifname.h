/* SPDX-License-Identifier: MIT */
#ifndef NET_IFNAME_H
#define NET_IFNAME_H

#include <net/if.h>
#include <stdbool.h>

/* Room for "c-" and the longest name of a container. */
enum { IFNAME_ALT_SIZE = 80 };

/*
 * ifname_ok - can a network interface be given this name?
 *
 * 1 to 15 printable characters without "/", ":" or blanks, not "." or "..",
 * and none of "%", which the kernel would take as a pattern.
 * Source: dev_valid_name and dev_alloc_name in the kernel.
 */
bool ifname_ok(const char *name);

/*
 * ifname_host - the name of the host's interface for a container
 *
 * name has passed name_ok.  alt is always "c-NAME", and so is buf where that
 * fits an interface name.  Where it does not, buf is "c_" and 13 characters
 * made from a hash of name: the underscore keeps it apart from every "c-NAME"
 * since no container's name has one; alt is then to be set as alternative
 * name.  Returns whether buf and alt differ.
 */
bool ifname_host(const char *name, char buf[IFNAMSIZ],
    char alt[IFNAME_ALT_SIZE]);

#endif
