/* SPDX-License-Identifier: MIT */
#ifndef NET_INUSE_H
#define NET_INUSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A callback for a network of the family AF_INET or AF_INET6, or a single address
 * if prefix is 32 or 128.
 */
typedef void inuse_each(int family, const unsigned char *byte, int prefix,
    void *arg);

/*
 * inuse_read - find the networks that this network namespace uses
 *
 * These are the addresses of its interfaces with their networks, those of the
 * other ends of point-to-point links, and the destinations of all routes in
 * the tables main and local, but of default routes.  One may be reported more
 * than once.  Returns 0, or -1 with the errno of nl_open or nl_run.
 */
int inuse_read(inuse_each *each, void *arg);

/* A callback for an address of the family AF_INET or AF_INET6. */
typedef void inuse_own_each(int family, const void *byte, void *arg);

/*
 * inuse_own - find the addresses of the interfaces of this network namespace
 *
 * One may be reported more than once.  Returns 0, or -1 with errno as above.
 */
int inuse_own(inuse_own_each *each, void *arg);

/* An address of either family; IPv4 is mapped into IPv6. */
struct inuse_address { unsigned char byte[16]; };

/* All single addresses that inuse_read reports, sorted. */
struct inuse_list {
	bool known, failed;
	size_t n, room;
	struct inuse_address *address;
};

/*
 * inuse_list - read them; list is zeroed before
 *
 * Returns 0, or -1 with errno.  The caller frees list->address.
 */
int inuse_list(struct inuse_list *list);

/* inuse_has - is that address one of them? */
bool inuse_has(const struct inuse_list *list, int family,
    const unsigned char *byte);

#endif
