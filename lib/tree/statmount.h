/* SPDX-License-Identifier: MIT */
#ifndef TREE_STATMOUNT_H
#define TREE_STATMOUNT_H

/*
 * statmount(2), listmount(2) and the mount ID of statx(2), as the kernel has
 * them from Linux 6.8 on.  The headers of Debian 12 and of musl 1.2.3 have none
 * of it.  Only the members that mounts.c reads have names.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif

enum {
	WANT_MNT_ID_UNIQUE = 0x4000,	/* STATX_MNT_ID_UNIQUE */
	WANT_BASIC = 0x1 | 0x2,		/* STATMOUNT_{SB,MNT}_BASIC */
	WANT_MNT_POINT = 0x10,		/* STATMOUNT_MNT_POINT */
};

struct mnt_id_req {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};

struct statx_id {			/* struct statx */
	uint32_t mask;
	char other[140];
	uint64_t mnt_id;
	char rest[104];
};
_Static_assert(sizeof(struct statx_id) == 256, "as the kernel's");

struct mnt_stat {			/* struct statmount */
	char other[24];
	uint64_t sb_magic, flags_type, mnt_id, mnt_parent_id;
	char more[52];
	uint32_t mnt_point;		/* offset in str */
	char rest[400];
	char str[PATH_MAX];
};
_Static_assert(offsetof(struct mnt_stat, mnt_point) == 108 &&
    offsetof(struct mnt_stat, str) == 512, "as the kernel's");

#endif
