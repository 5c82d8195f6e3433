/* SPDX-License-Identifier: MIT */
#ifndef NET_NETNS_H
#define NET_NETNS_H

#include <stddef.h>

#define NETNS_DIR "/run/netns"

/*
 * netns_path - the path that a network namespace is opened by
 *
 * spec is a path (it holds a slash), "pid:N", or a name under NETNS_DIR.
 * Returns 0, or -1 with errno EINVAL (empty, ".", "..", N not a pid) or
 * ENAMETOOLONG.  Source: ip-netns(8).
 */
int netns_path(const char *spec, char *buf, size_t size);

/*
 * netns_open - open a network namespace
 *
 * Returns an O_CLOEXEC descriptor that the caller owns, or -1 with the errno
 * of netns_path or open(2), or EINVAL where the file is no network namespace.
 * Source: ioctl_ns(2).
 */
int netns_open(const char *spec);

#endif
