/* SPDX-License-Identifier: MIT */
#ifndef NET_NETNS_H
#define NET_NETNS_H

#include <stdbool.h>
#include <stddef.h>

#define NETNS_DIR "/run/netns"

/*
 * netns_path - the path of a network namespace
 *
 * spec is a path (it contains a slash), "pid:N", or a name in NETNS_DIR.
 * Returns 0, or -1 with errno EINVAL (empty, ".", "..", N not a pid) or
 * ENAMETOOLONG.  Source: ip-netns(8).
 */
int netns_path(const char *spec, char *buf, size_t size);

/*
 * netns_open - open a network namespace
 *
 * Returns an O_CLOEXEC descriptor that the caller owns, or -1 with the errno
 * of netns_path or open(2), or EINVAL if the file is not a network namespace.
 * Source: ioctl_ns(2).
 */
int netns_open(const char *spec);

/*
 * netns_is_name - can a network namespace be created under this name?
 *
 * True for a plain file name in NETNS_DIR, false for the paths and "pid:N"
 * that netns_open accepts too.
 */
bool netns_is_name(const char *spec);

/*
 * netns_enter - enter the network namespace of that name; create it if needed
 *
 * Makes NETNS_DIR a shared mount first, as ip-netns(8) does, so that other
 * mount namespaces see the new name.  An empty file without a namespace bound
 * to it (its creator was killed) is reused.  Concurrent callers with the same
 * name get the same namespace.  *created: this call created it; netns_remove
 * undoes that.  Returns an O_CLOEXEC descriptor of the namespace, or -1 with
 * errno; the process may then be in an unnamed namespace of its own.
 */
int netns_enter(const char *name, bool *created);

/*
 * netns_remove - remove the name of a network namespace
 *
 * The namespace itself exists until its last process and descriptor are gone.
 * Returns 0, also if the name does not exist, or -1 with errno.  EINVAL: the
 * file contains data, or is a directory; it is left alone.
 */
int netns_remove(const char *name);

#endif
