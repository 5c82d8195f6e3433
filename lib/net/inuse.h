/* SPDX-License-Identifier: MIT */
#ifndef NET_INUSE_H
#define NET_INUSE_H

/* A callback for a network, or a single address if prefix is 32. */
typedef void inuse_each(const unsigned char byte[4], int prefix, void *arg);

/*
 * inuse_read - find the IPv4 networks that this network namespace uses
 *
 * These are the addresses of its interfaces with their networks, those of the
 * other ends of point-to-point links, and the destinations of all routes in
 * the tables main and local, but of default routes.  One may be reported more
 * than once.  Returns 0, or -1 with the errno of nl_open or nl_run.
 */
int inuse_read(inuse_each *each, void *arg);

#endif
