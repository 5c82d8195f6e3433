/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_USERFILE_H
#define CONSOLE_USERFILE_H

#include <pwd.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Users by plain files, where nobody else could know more of them.  In a
 * process that has just been forked the C library's own way, which maps and
 * unmaps memory for each file, takes a tenth of a short session.  Whatever is
 * unusual is left to it: a file that is long or cannot be read, nscd(8).
 */

/*
 * userfile_passwd - the user's entry of /etc/passwd
 *
 * False: ask getpwnam(3).  *pw is good until the next call of this header.
 * Source: passwd(5).
 */
bool userfile_passwd(const char *user, struct passwd *pw);

/*
 * userfile_groups - gid, and the groups of /etc/group that name the user
 *
 * max: how many fit in groups.  Returns how many there are, or -1: ask
 * getgrouplist(3).  Source: group(5).
 */
int userfile_groups(const char *user, gid_t gid, gid_t *groups, int max);

#endif
