/* SPDX-License-Identifier: MIT */
/*
 * users.c - which user IDs are a container's own
 *
 * systemd-nspawn picks 65536 IDs from PICK_FIRST on and asks NSS for the first of
 * them; it knows nothing of /etc/subuid.  Where that reaches into its range, create
 * writes a number.
 */
#define _GNU_SOURCE
#include "conf/users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/num.h"
#include "conf/names.h"
#include "tree/lock.h"

/*
 * PICK: what systemd-nspawn picks from.  Behind it no one has IDs until END, by
 * systemd's list: https://systemd.io/UIDS-GIDS
 */
enum { PICK_FIRST = 0x80000, PICK_END = 0x70000000, END = 0x7ffe0000 };

#define LOCKS "%s/run/systemd/nspawn-uid"

static const char *const subid_files[] = { "etc/subuid", "etc/subgid" };

/* A bit for each range of 65536. */
struct taken {
	unsigned char bit[END / SUBID_COUNT / 8 + 1];
	bool pick;		/* systemd-nspawn picks from what is not taken */
};

/* fixed_range - the range that PRIVATE_USERS fixes */
static bool
fixed_range(const struct settings *s, struct subid_range *r)
{
	const char *users = s->value[KEY_PRIVATE_USERS];
	long long first = -1;

	if (users)
		first = num_read(users, (long long)SUBID_END - SUBID_COUNT);
	if (first <= 0)
		return false;
	r->first = (uint64_t)first;
	r->end = r->first + SUBID_COUNT;
	return true;
}

/* overlap - say which range of whom overlaps; the IDs are at most 10 digits */
static int
overlap(struct errmsg *whose, const struct subid_range *mine,
    const struct subid_range *theirs, const char *of, const char *owner)
{
	errmsg_set(whose, "the IDs %lu to %lu overlap %lu to %lu %s%s",
	    (unsigned long)mine->first, (unsigned long)mine->end - 1,
	    (unsigned long)theirs->first, (unsigned long)theirs->end - 1, of,
	    owner);
	return 1;
}

/* open_regular - a FIFO must not make us wait, nor a device be read for ever */
static FILE *
open_regular(const char *path, struct errmsg *why)
{
	auto_close int fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *f = NULL;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		if (!S_ISREG(st.st_mode)) {
			errno = ENOTSUP;
			errmsg_set(why, "%s: not a regular file", path);
			return NULL;
		}
		f = fdopen(fd, "r");
	}
	if (f)
		(void)fd_take(&fd);	/* it is f's now */
	else
		errmsg_errno(why, "open %s", path);
	return f;
}

/* open_subids - NULL with errno 0 if the file is missing */
static FILE *
open_subids(const char *root, const char *file, struct errmsg *why)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", strcmp(root, "/") ? root : "",
	    file);
	f = open_regular(path, why);
	if (!f && errno == ENOENT)
		errno = 0;
	return f;
}

/* close_subids - 0, or -1 and why: not all of it could be read */
static int
close_subids(FILE *f, const char *file, struct errmsg *why)
{
	int r = ferror(f) ? errmsg_errno(why, "read /%s", file) : 0;

	fclose(f);
	return r;
}

/* host_conflict - with a user of the host in one of the two files */
static int
host_conflict(const struct subid_range *mine, const char *root,
    const char *file, struct errmsg *whose)
{
	FILE *f = open_subids(root, file, whose);
	char of[64];
	struct subid id;
	int r = 0;

	if (!f)
		return errno ? -1 : 0;
	snprintf(of, sizeof(of), "in /%s of ", file);
	while (r == 0 && subid_next(f, &id))
		if (subid_overlap(mine, &id.range))
			r = overlap(whose, mine, &id.range, of, id.owner);
	if (close_subids(f, file, whose) < 0)
		return -1;
	return r;
}

/* others_conflict - with the settings of another container */
static int
others_conflict(const struct subid_range *mine, const char *name, int dir,
    struct errmsg *whose)
{
	static struct settings other;
	char file[NAMES_FILE_SIZE];
	struct subid_range theirs;
	struct names all;
	int r = 0;

	if (names_read(dir, &all) < 0)
		return errmsg_errno(whose, "read the settings of others");
	for (size_t i = 0; r == 0 && i < all.n; i++) {
		names_file(all.name[i], file);
		if (!strcmp(all.name[i], name))
			continue;
		/* Use the valid ones of wrong settings. */
		(void)settings_read_any(&other, dir, file, file, NULL);
		if (fixed_range(&other, &theirs) &&
		    subid_overlap(mine, &theirs))
			r = overlap(whose, mine, &theirs, "of the container ",
			    all.name[i]);
	}
	names_free(&all);
	return r;
}

/*
 * running_conflict - with what systemd-nspawn picked for a container that runs
 *
 * It has locked a file that is named by the first ID.
 */
static int
running_conflict(const struct subid_range *mine, const char *root,
    struct errmsg *whose)
{
	char path[PATH_MAX];
	DIR *d;
	struct dirent *e;
	int r = 0;

	snprintf(path, sizeof(path), LOCKS, root);
	d = opendir(path);
	while (d && r == 0 && (e = readdir(d))) {
		long long first = num_read(e->d_name,
		    (long long)SUBID_END - SUBID_COUNT);
		const struct subid_range theirs = { (uint64_t)first,
		    (uint64_t)first + SUBID_COUNT };

		if (first >= 0 && subid_overlap(mine, &theirs) &&
		    lock_file_held(dirfd(d), e->d_name) > 0)
			r = overlap(whose, mine, &theirs, "of a container "
			    "that runs", "");
	}
	if (d)
		closedir(d);
	return r;
}

int
users_conflict(const struct settings *s, const char *name, const char *root,
    int conf_dir, struct errmsg *whose)
{
	struct subid_range mine;
	int r = 0;

	if (!fixed_range(s, &mine))
		return 0;
	for (int i = 0; r == 0 && i < 2; i++)
		r = host_conflict(&mine, root, subid_files[i], whose);
	if (r == 0 && conf_dir >= 0)
		r = others_conflict(&mine, name, conf_dir, whose);
	if (r == 0)
		r = running_conflict(&mine, root, whose);
	return r;
}

/* take - all ranges of 65536 that have one of these IDs */
static void
take(struct taken *taken, const struct subid_range *r)
{
	for (uint64_t i = r->first / SUBID_COUNT;
	    i * SUBID_COUNT < r->end && i < END / SUBID_COUNT; i++)
		taken->bit[i / 8] |= (unsigned char)(1 << i % 8);
}

/* take_one - the 65536 IDs from this one on */
static void
take_one(struct taken *taken, uint64_t first)
{
	const struct subid_range r = { first, first + SUBID_COUNT };

	take(taken, &r);
}

static int
take_subids(struct taken *taken, const char *root, const char *file,
    struct errmsg *why)
{
	static const struct subid_range pick = { PICK_FIRST, PICK_END };
	FILE *f = open_subids(root, file, why);
	struct subid id;

	if (!f)
		return errno ? -1 : 0;
	while (subid_next(f, &id)) {
		take(taken, &id.range);
		if (subid_overlap(&id.range, &pick))
			taken->pick = false;
	}
	return close_subids(f, file, why);
}

/* take_conf - the fixed range of a container, also of one that is being created */
static void
take_conf(struct taken *taken, int dir, const char *entry)
{
	static struct settings s;
	struct subid_range r;

	if (!names_settings(entry))
		return;
	(void)settings_read_any(&s, dir, entry, entry, NULL);
	if (fixed_range(&s, &r))
		take(taken, &r);
}

/* take_tree - the range of its container, if the tree belongs to that */
static void
take_tree(struct taken *taken, int dir, const char *entry)
{
	struct stat st;

	if (*entry != '.' && fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_uid >= SUBID_COUNT)
		take_one(taken, st.st_uid - st.st_uid % SUBID_COUNT);
}

/* take_lock - the name is the first ID of a container that runs */
static void
take_lock(struct taken *taken, int dir, const char *entry)
{
	long long first = num_read(entry, (long long)SUBID_END - 1);

	(void)dir;
	if (first >= 0)
		take_one(taken, (uint64_t)first);
}

/* take_dir - all entries of a directory, which may be missing */
static int
take_dir(struct taken *taken, const char *path,
    void (*entry)(struct taken *, int, const char *), struct errmsg *why)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return errmsg_errno(why, "open %s", path);
	while ((e = readdir(d)))
		entry(taken, dirfd(d), e->d_name);
	closedir(d);
	return 0;
}

/* first_free - 0: none is free */
static unsigned long
first_free(const struct taken *taken)
{
	for (unsigned long i = PICK_FIRST / SUBID_COUNT; i < END / SUBID_COUNT;
	    i++)
		if (!(taken->bit[i / 8] & 1 << i % 8))
			return i * SUBID_COUNT;
	return 0;
}

int
users_find(const struct users_source *from, unsigned long *base,
    struct errmsg *why)
{
	struct taken taken = { .pick = true };
	char locks[PATH_MAX];

	*base = 0;
	for (int i = 0; i < 2; i++)
		if (take_subids(&taken, from->root, subid_files[i], why) < 0)
			return -1;
	if (taken.pick)
		return 0;
	snprintf(locks, sizeof(locks), LOCKS, from->root);
	if (take_dir(&taken, locks, take_lock, why) < 0 ||
	    take_dir(&taken, from->conf_dir, take_conf, why) < 0 ||
	    take_dir(&taken, from->trees, take_tree, why) < 0)
		return -1;
	*base = first_free(&taken);
	if (*base == 0)
		return errmsg_set(why, "no 65536 user IDs are free from %d to "
		    "%d: see /etc/subuid and /etc/subgid", PICK_FIRST, END - 1);
	return 0;
}
