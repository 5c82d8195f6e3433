/* SPDX-License-Identifier: MIT */
#ifndef TREE_COPY_H
#define TREE_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a copy may still take of each; copy_tree counts down. */
struct copy_limit {
	off_t bytes;		/* a hole counts as what it stands for */
	long long files;	/* of any kind */
	long long depth;	/* directories in each other */
};

struct copy_tree {
	bool stream;		/* read until end of file, see below */
	bool backup;		/* keep a replaced file, see below */
	uid_t uid;		/* owner of the copy */
	gid_t gid;
	mode_t mask;		/* mode bits to keep */
	int64_t shift;		/* to be added to IDs in ACLs, as attrs_shift does */
	unsigned long *lost;	/* counts attributes that could not be set, or NULL */
	bool readable;		/* by all users, whatever its modes are */
	/* Counts skipped entries: not a file, directory or link; NULL: EINVAL. */
	unsigned long *skipped;
	struct copy_limit *limit;	/* NULL: none but that of the depth */
	/* PATH_MAX bytes: where it failed below node, "" if there; zeroed before */
	char *at;
};

/*
 * copy_tree - copy a file, or a directory with its contents, into a directory
 *
 * node is an O_PATH descriptor of the source.  Either tree may be untrusted and
 * change meanwhile: no link is followed, only regular files and directories are
 * opened, and names are only resolved in open directories.  Holes stay holes.
 * The copy is renamed to name in the directory to once it is complete and on
 * disk.  It replaces a file or link of that name, never a directory (EEXIST,
 * EISDIR); see tree/settle.h.  Links are copied as links, hard links as such if both
 * names are copied, and the attributes of tree/attrs.h.  Needs /proc.  Not to be called
 * twice at once.
 *
 * stream: node is a descriptor to read from, such as a pipe.  The copy is a
 * file with the permissions of the file that it replaces, or 0644.
 * backup: a replaced file is kept as NAME.~N~, with the lowest free N (EMLINK:
 * too many).  If the new file is equal, nothing changes.
 * A file that changes meanwhile gives its old content or its new one, or part
 * of both, but never that of another file.
 * Returns 0, or -1 with errno: EINVAL if node, or what is at how->at, cannot be
 * copied, ELOOP if the tree is too deep, EFBIG or EDQUOT if it has more bytes or
 * files than its limit, or that of the call that failed.
 */
int copy_tree(int node, int to, const char *name, const struct copy_tree *how);

/*
 * copy_out - write the content of a regular file to a descriptor
 *
 * node as above.  Writes the size that the file has at the start, holes as
 * zeros.  Waits for fd even if it is O_NONBLOCK.  Returns 0, or -1 with errno:
 * EISDIR (a directory), EINVAL (neither that nor a regular file), EFBIG (more
 * than max bytes), or others.
 */
int copy_out(int node, int fd, off_t max);

#endif
