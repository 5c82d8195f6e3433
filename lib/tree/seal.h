/* SPDX-License-Identifier: MIT */
#ifndef TREE_SEAL_H
#define TREE_SEAL_H

#include <stddef.h>

#include "base/errmsg.h"

/*
 * seal_begin - move this process into a mount namespace of its own
 *
 * It still receives mounts from the caller's.  Returns 0, or -1 and why.
 */
int seal_begin(struct errmsg *why);

/*
 * seal_paths - make paths read-only for good, for this process and its children
 *
 * After seal_begin.  In that namespace, and in every copy of it, the n paths and
 * all that is mounted below them are read-only, and not even root can make
 * them, or a bind of them, writable again.  Below the paths, mounts are as they
 * are now, whatever the caller's namespace does.  path: absolute paths of the
 * host; links in them are followed.  Returns 0, or -1 and why.  Needs
 * CAP_SYS_ADMIN, Linux 5.12 and user namespaces (ENOSYS, ENOSPC, EPERM).
 *
 * The kernel locks the flags of mounts that it copies for a user namespace.
 * So a child takes copies in one, and this process puts them in place.
 * Source: "Restrictions on mount namespaces" in mount_namespaces(7).
 */
int seal_paths(char *const path[], size_t n, struct errmsg *why);

#endif
