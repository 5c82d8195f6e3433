/* SPDX-License-Identifier: MIT */
#ifndef TREE_IDMAP_H
#define TREE_IDMAP_H

/*
 * idmap_works - can mounts of this file or directory map user IDs?
 *
 * That depends on the kernel and on the file system.  Tries it on a detached
 * mount, which nobody else sees.  Returns 1, 0, or -1 with errno (the path
 * cannot be opened, or CAP_SYS_ADMIN is missing).
 * Source: MOUNT_ATTR_IDMAP in mount_setattr(2).
 */
int idmap_works(const char *path);

#endif
