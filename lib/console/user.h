/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_USER_H
#define CONSOLE_USER_H

#include <limits.h>
#include <sys/types.h>

/* Where commands are looked for when nobody says; the first ones are NixOS. */
#define USER_PATH \
	"/run/wrappers/bin:/nix/var/nix/profiles/default/bin:" \
	"/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:" \
	"/usr/sbin:/usr/bin:/sbin:/bin"

enum { USER_GROUPS = 1024, USER_TEXT = 2 * PATH_MAX + 256 };

struct user_account {
	uid_t uid;
	gid_t gid;
	int ngroups;
	const char *name, *home, *shell;	/* in text */
	char text[USER_TEXT];
	gid_t groups[USER_GROUPS];
};

/*
 * user_find - look a user up in the user database of this system
 *
 * Root is found where there is no database too.  Returns 0, or -1 with errno
 * ENOENT (no such user), ENAMETOOLONG, E2BIG (over USER_GROUPS groups), or
 * that of getpwnam(3).
 */
int user_find(const char *user, struct user_account *who);

/*
 * user_environ - make environ that of a session of this user
 *
 * What the server was given stays, but for what concerns the server alone;
 * HOME, USER, LOGNAME and SHELL are the user's, PATH is USER_PATH if unset,
 * TERM is term, or unset where that is empty.  extra: "K=V" strings, last
 * and strongest, which must live on.  Returns 0, or -1 with errno ENOMEM.
 */
int user_environ(const struct user_account *who, const char *term,
    char *const extra[]);

/*
 * user_drop_inherited - drop what no session shall inherit from the server
 *
 * Inheritable capabilities, and with them the ambient ones; what it was told
 * to do at signals, but for those that it uses itself, which are left to
 * user_reset.  Once for all sessions, in the server.  Returns 0 or -1 with
 * errno.  Source: capabilities(7).
 */
int user_drop_inherited(void);

/*
 * user_reset - make this process as a new session should begin
 *
 * A session of its own, every signal at its default and none blocked, the
 * file mode mask 022; every descriptor above 2 is closed at exec.  Returns 0
 * or -1 with errno.  This and what follows may be called after vfork(2).
 */
int user_reset(void);

/*
 * user_become - become the user, with all groups; no way back
 *
 * Returns 0, or -1 with the errno of the step that failed.
 */
int user_become(const struct user_account *who);

#endif
