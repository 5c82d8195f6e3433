/* SPDX-License-Identifier: MIT */
#ifndef NET_HASH_H
#define NET_HASH_H

#include <stdint.h>

/*
 * hash_64 - the same 64 bits for the same text, on every machine and build
 *
 * FNV-1a: two texts of one length that differ in a single byte never collide.
 * Not for secrets.  Source: draft-eastlake-fnv.
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
