/* SPDX-License-Identifier: MIT */
#ifndef CAPS_H
#define CAPS_H

#include <sys/capability.h>

/*
 * caps_only - hold these capabilities and no others
 *
 * Effective and permitted become the n capabilities of list, inheritable and
 * ambient become empty.  Returns 0, or -1 with errno EPERM and *missing the
 * name ("cap_net_admin", static storage) of the first capability that the
 * process does not have; nothing is changed then.  Other errno values are
 * those of capset(2), with *missing NULL.
 * Source: capabilities(7), cap_set_proc(3).
 */
int caps_only(const cap_value_t *list, int n, const char **missing);

#endif
