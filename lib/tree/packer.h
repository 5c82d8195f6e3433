/* SPDX-License-Identifier: MIT */
#ifndef TREE_PACKER_H
#define TREE_PACKER_H

#include <stddef.h>

/*
 * packer_of - the program that unpacks what begins with these bytes
 *
 * Returns its name, which takes -dc as filter, or NULL: not compressed, or in no
 * format that is known.
 */
const char *packer_of(const void *head, size_t n);

#endif
