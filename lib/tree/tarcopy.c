/* SPDX-License-Identifier: MIT */
/* tarcopy.c - from a tar to its place */
#define _GNU_SOURCE
#include "tree/tarcopy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/hostfile.h"
#include "tree/inroot.h"
#include "tree/place.h"
#include "tree/remove.h"
#include "tree/settle.h"
#include "tree/tardata.h"

/* A copy on its way. */
struct way {
	struct untar *u;
	struct tarread *t;
	bool given;		/* the first entry of t was read */
	int dir;		/* where it goes */
	const char *name;	/* as what; "": the names of its entries */
	const char *from, *to;	/* for messages */
	char tmp[NAME_MAX + 1];	/* a directory in dir, where it is made */
	int made;		/* that, open */
	int entries;		/* at its top, so far */
};

/* each_entry - call take for each entry of the directory; 0, or what take returns */
static int
each_entry(struct way *w, int (*take)(struct way *w, const char *name, bool is_dir,
    struct errmsg *why), struct errmsg *why)
{
	DIR *d = fd_entries(w->made);
	struct dirent *e;
	struct stat st;
	int done = 0;

	if (!d)
		return errmsg_set(why, "%s", strerror(errno));
	rewinddir(d);
	while (done == 0 && (errno = 0, e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (fstatat(w->made, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		done = take(w, e->d_name, S_ISDIR(st.st_mode), why);
	}
	if (done == 0 && errno)
		done = errmsg_set(why, "%s", strerror(errno));
	closedir(d);
	return done;
}

/* check - is nothing in the way that is not replaced? */
static int
check(struct way *w, const char *name, bool is_dir, struct errmsg *why)
{
	struct stat st;

	if (fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!is_dir && !S_ISDIR(st.st_mode))
		return 0;
	errno = is_dir ? EEXIST : EISDIR;
	return errmsg_errno(why, "%s", name);
}

static int
move(struct way *w, const char *name, bool is_dir, struct errmsg *why)
{
	const char *as = *w->name ? w->name : name;
	size_t n = strlen(w->to);

	if (*w->name && !is_dir && w->to[n - 1] == '/')
		errno = ENOTDIR;	/* as cp(1) has it */
	else if (settle(w->made, name, w->dir, as, is_dir) == 0)
		return 0;
	return errmsg_errno(why, "%s", name);
}

/* only - count; the second entry is one too many */
static int
only(struct way *w, const char *name, bool is_dir, struct errmsg *why)
{
	(void)name;
	(void)is_dir;
	if (++w->entries == 1)
		return 0;
	return errmsg_set(why, "the tar has several entries at its top: "
	    "expected a directory to put them into");
}

/* place - the tar is complete: give all its name */
static int
place(struct way *w, struct errmsg *why)
{
	if (!*w->name)
		return each_entry(w, check, why) < 0 ? -1 : each_entry(w, move, why);
	if (w->u->top) {
		if (settle(w->dir, w->tmp, w->dir, w->name, true) == 0)
			return 0;
		return errmsg_set(why, "%s", strerror(errno));
	}
	if (each_entry(w, only, why) < 0)
		return -1;
	if (w->entries == 0)
		return errmsg_set(why, "the tar has nothing to copy");
	return each_entry(w, move, why);
}

static int
make(struct way *w, struct errmsg *why)
{
	if (mkdirat(w->dir, w->tmp, 0700) < 0)
		return errmsg_set(why, "%s", strerror(errno));
	w->made = inroot_open(w->dir, w->tmp, O_RDONLY | O_DIRECTORY, INROOT_PLAIN);
	if (w->made < 0)
		return errmsg_set(why, "%s", strerror(errno));
	if (untar(w->u, w->t, w->given, w->made, why) < 0) {
		w->u->cut = w->t->cut;
		return -1;
	}
	return place(w, why);
}

/* copy - untar into a temporary directory, and put things in their place */
static int
copy(struct way *w, struct errmsg *why)
{
	struct errmsg reason = { "" };
	int done, saved;

	w->made = -1;
	if (settle_name(w->dir, *w->name ? w->name : "tar", w->tmp) < 0)
		return errmsg_set(why, "%s", strerror(errno));
	done = make(w, &reason);
	saved = errno;
	if (done < 0 && strcmp(w->from, "-") != 0)
		errmsg_set(why, "copy %s to %s: %s", w->from, w->to, reason.text);
	else if (done < 0)
		errmsg_set(why, "copy to %s: %s", w->to, reason.text);
	if (w->made >= 0)
		close(w->made);
	(void)remove_at(w->dir, w->tmp);	/* it is empty, or a failure is told */
	errno = saved;
	return done;
}

static struct tarread *
start(int in)
{
	static struct tarread t;

	t.in = in;
	return &t;
}

int
tarcopy_to(struct untar *u, int in, const char *from, int top, const char *to,
    struct errmsg *why)
{
	struct place p;
	auto_close int dir = place_find(top, NULL, to, true, &p, why);
	struct way w = { .u = u, .t = start(in), .dir = dir, .name = p.name,
	    .from = from, .to = to };

	return dir < 0 ? -1 : copy(&w, why);
}

/* write_into - the only entry is a file, to be written into this one */
static int
write_into(struct tarread *t, int fd, struct errmsg *why)
{
	int got;

	if (tardata_write(t, fd, false, why) < 0)
		return -1;
	got = tarread_next(t, why);
	if (got > 0)
		return errmsg_set(why, "the tar has several entries: expected a file");
	if (got == 0 && close(fd) < 0)
		return errmsg_errno(why, "write");
	return got;
}

int
tarcopy_one(struct untar *u, int in, const char *from, const char *to,
    struct errmsg *why)
{
	struct tarread *t = start(in);
	struct way w = { .u = u, .t = t, .given = true, .from = from, .to = to };
	int got = tarread_next(t, why), special = HOSTFILE_NONE;
	auto_close int dir = -1;
	struct place p;

	if (got == 0)
		return errmsg_set(why, "the tar has nothing to copy");
	if (got > 0 && t->entry.type == '0')
		special = hostfile_special(to, why);
	u->cut = t->cut;
	if (got < 0 || special == HOSTFILE_FAILED)
		return -1;
	if (special >= 0) {
		got = write_into(t, special, why);
		u->cut = t->cut;
		return got;
	}
	dir = place_find(-1, from, to, t->entry.type == '5', &p, why);
	w.dir = dir;
	w.name = p.name;
	return dir < 0 ? -1 : copy(&w, why);
}
