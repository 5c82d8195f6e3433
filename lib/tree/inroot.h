/* SPDX-License-Identifier: MIT */
#ifndef TREE_INROOT_H
#define TREE_INROOT_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Work inside an untrusted directory tree, whose owner may change it
 * meanwhile.  root is a descriptor of the tree's top (O_PATH will do);
 * path is resolved beneath it by the kernel, never by us step by step, and
 * never leaves it.  Leading slashes of path are ignored.
 *
 * Errors besides those of the calls named: EXDEV (path leads out of root),
 * ELOOP (a link where none is followed), EAGAIN (the tree, or another, is
 * being renamed and mounted without end), ENOSYS (kernel before 5.6).
 * Source: openat2(2).
 */

/* How symbolic links are treated. */
enum inroot_links {
	INROOT_NO_LINKS,	/* refused: ELOOP */
	INROOT_LINKS,		/* followed as the container would: "/" is root */
	INROOT_ONE_MOUNT,	/* the same, but into no other mount: EXDEV */
	INROOT_BENEATH,		/* followed as the host would; if absolute, or out
				   of root: EXDEV */
	INROOT_PLAIN,		/* no link: ELOOP; no other mount: EXDEV */
};

/*
 * inroot_top - open the top of a tree
 *
 * The path itself is the host's: links in it are followed.  Returns an O_PATH,
 * O_CLOEXEC descriptor of a directory, or -1 with the errno of open(2).
 */
int inroot_top(const char *path);

/*
 * inroot_open - open an existing file beneath root
 *
 * flags are those of open(2) but for O_CREAT and O_TMPFILE; O_CLOEXEC is
 * added.  With O_PATH | O_NOFOLLOW a link at the end is itself opened.  Opening
 * a device or a FIFO can have effects or block: say O_PATH, and look what it
 * is, or use inroot_open_file.  Returns a descriptor that the caller owns.
 */
int inroot_open(int root, const char *path, int flags, enum inroot_links links);

/*
 * inroot_open_file - open a regular file for reading
 *
 * No link is followed, and nothing but a regular file is ever opened: others
 * give EISDIR (a directory), ELOOP (a link), EINVAL (the rest).  A file that
 * some process holds a lease on gives EAGAIN at once.  Needs /proc.
 */
int inroot_open_file(int root, const char *path);

/*
 * inroot_mkdirs - a directory and all above it beneath root
 *
 * Those that are missing are made, with this mode whatever the umask, and
 * belong to the owner of root.  No link is followed.  Returns a descriptor of
 * the last one that can be read and synced, which the caller owns.
 */
int inroot_mkdirs(int root, const char *path, mode_t mode);

/*
 * inroot_replace - give a file new content, all of it or none
 *
 * An existing file is not opened but replaced (a directory: EISDIR), so a
 * hard link or a FIFO planted there does no harm.  The new file has this mode,
 * belongs to the owner of root, and is on disk on return.  The directory must
 * exist.  Killed half-way, it leaves nothing or .NAME.new, which the next call
 * uses up (on a file system without O_TMPFILE: .NAME.PID.new, which stays).
 * Returns 0 or -1.
 */
int inroot_replace(int root, const char *path, const void *data, size_t len,
    mode_t mode);

#endif
