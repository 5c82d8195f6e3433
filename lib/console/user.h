/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_USER_H
#define CONSOLE_USER_H

#include <limits.h>
#include <sys/types.h>

/* The default PATH; the first directories are those of NixOS. */
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
 * user_find - look up a user of this system, by name or by number
 *
 * Root is found even without a user database, and so is each number, with a group of
 * the same number.  Returns 0, or -1 with errno
 * ENOENT (no such user), ENAMETOOLONG, E2BIG (more than USER_GROUPS groups),
 * or that of getpwnam(3).
 */
int user_find(const char *user, struct user_account *who);

/*
 * user_environ - turn the server's environment into that of a session
 *
 * Variables for the server alone are removed.  HOME, USER, LOGNAME and SHELL
 * are the user's; PATH is USER_PATH if unset; TERM is term, or unset if term
 * is empty.  extra: "K=V" strings that override all others; the caller keeps
 * them allocated.  Returns 0, or -1 with errno ENOMEM.
 */
int user_environ(const struct user_account *who, const char *term,
    char *const extra[]);

/*
 * user_drop_inherited - drop what no session shall inherit from the server
 *
 * Clears the inheritable capabilities, which clears the ambient ones, and
 * resets all signals except those that the server handles itself; user_reset
 * does the latter.  Called once, in the server.  Returns 0 or -1 with errno.
 * Source: capabilities(7).
 */
int user_drop_inherited(void);

/*
 * user_reset - give this process the clean state of a new session
 *
 * It leads a new session; every signal has its default action and none is
 * blocked; the umask is 022; descriptors above 2 are closed at exec.  Returns
 * 0 or -1 with errno.  This and user_become may be called after vfork(2).
 */
int user_reset(void);

/*
 * user_become - become the user, with all groups; it cannot be undone
 *
 * Returns 0, or -1 with the errno of the step that failed.
 */
int user_become(const struct user_account *who);

#endif
