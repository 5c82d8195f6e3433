/* SPDX-License-Identifier: MIT */
#ifndef NET_HASH_H
#define NET_HASH_H

#include <stdint.h>

/*
 * hash_64 - a 64-bit hash, the same on every machine
 *
 * FNV-1a: texts of the same length that differ in one byte never collide.
 * Not cryptographic.  Source: draft-eastlake-fnv.
 */
static inline uint64_t
hash_64(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h;
}

#endif
