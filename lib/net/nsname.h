/* SPDX-License-Identifier: MIT */
#ifndef NET_NSNAME_H
#define NET_NSNAME_H

#include <stdbool.h>

/*
 * netns_ok - can a network namespace be made under this name?
 *
 * A plain file name in NETNS_DIR, not the path or "pid:N" that netns_open
 * takes too.
 */
bool netns_ok(const char *spec);

/*
 * netns_enter - go into the network namespace of that name; make it if needed
 *
 * Makes NETNS_DIR a shared mount first, as ip-netns(8) does, so that other
 * mount namespaces see what is bound there.  A plain file that nothing was
 * bound to (its maker was killed) is taken over.  Two that make one name at
 * once get one namespace.  *made is whether it was made here; netns_remove
 * undoes that.  Returns an O_CLOEXEC descriptor of the namespace, or -1 with
 * errno; the process may then be in a nameless namespace of its own.
 */
int netns_enter(const char *name, bool *made);

/*
 * netns_remove - take the name away
 *
 * The namespace itself lives on while something is in it or holds it.
 * Returns 0, also where there is no such name, or -1 with errno; EINVAL: the
 * file of that name is somebody's data, or a directory, and stays.
 */
int netns_remove(const char *name);

#endif
