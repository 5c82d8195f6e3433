/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_USER_H
#define CONSOLE_USER_H

#include <limits.h>
#include <sys/types.h>

/* Where commands are looked for when nobody says; the first ones are NixOS. */
#define RUNAS_PATH \
	"/run/wrappers/bin:/nix/var/nix/profiles/default/bin:" \
	"/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:" \
	"/usr/sbin:/usr/bin:/sbin:/bin"

enum { RUNAS_GROUPS = 1024, RUNAS_TEXT = 2 * PATH_MAX + 256 };

struct runas {
	uid_t uid;
	gid_t gid;
	int ngroups;
	const char *name, *home, *shell;	/* in text */
	char text[RUNAS_TEXT];
	gid_t groups[RUNAS_GROUPS];
};

/*
 * runas_find - look a user up in the user database of this system
 *
 * Root is found where there is no database too.  Returns 0, or -1 with errno
 * ENOENT (no such user), ENAMETOOLONG, E2BIG (over RUNAS_GROUPS groups), or
 * that of getpwnam(3).
 */
int runas_find(const char *user, struct runas *who);

/*
 * runas_environ - make environ that of a session of this user
 *
 * What the server was given stays, but for what concerns the server alone;
 * HOME, USER, LOGNAME and SHELL are the user's, PATH is RUNAS_PATH if unset,
 * TERM is term, or unset where that is empty.  extra: "K=V" strings, last
 * and strongest, which must live on.  Returns 0, or -1 with errno ENOMEM.
 */
int runas_environ(const struct runas *who, const char *term,
    char *const extra[]);

/*
 * runas_once - drop what no session shall inherit from the server
 *
 * Inheritable capabilities, and with them the ambient ones; what it was told
 * to do at signals, but for those that it uses itself, which are left to
 * runas_clean.  Once for all sessions, in the server.  Returns 0 or -1 with
 * errno.  Source: capabilities(7).
 */
int runas_once(void);

/*
 * runas_clean - make this process as a new session should begin
 *
 * A session of its own, every signal at its default and none blocked, the
 * file mode mask 022; every descriptor above 2 is closed at exec.  Returns 0
 * or -1 with errno.  This and what follows may be called after vfork(2).
 */
int runas_clean(void);

/*
 * runas_become - become the user, with all groups; no way back
 *
 * Returns 0, or -1 with the errno of the step that failed.
 */
int runas_become(const struct runas *who);

#endif
