/* SPDX-License-Identifier: MIT */
/*
 * nic.c - host interfaces moved into a container, or used by its macvlans
 *
 * The file of a container has a line for each: "moved" or "made", the name on
 * the host (moved) or in the container (made), the index in the container, and
 * the kind ("-" for a physical device).  All lines have the same length, and
 * the file is written in one call and then cut to size.  If mkveth is killed in
 * between, no line is incomplete, but the file ends with old lines, whose
 * interfaces do not exist any more.
 *
 * What a moved interface was before is in a file of its own, CONTAINER:INTERFACE,
 * written before the move, and removed when the interface is that again.
 */
#define _GNU_SOURCE
#include "net/nic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "net/explain.h"
#include "net/ifname.h"
#include "net/mac.h"
#include "net/nicstate.h"
#include "net/verify.h"

#define FORMAT "%-5s %-15s %10d %-23s\n"

enum { FILE_MAX = NIC_MAX * 57, PATH_SIZE = 128 };

/* How often to look for a device that the kernel gives back. */
enum { RETURN_TRIES = 50, RETURN_PAUSE_MS = 20 };

const char *
nic_name(const struct nic *nic)
{
	return nic->move ? nic->from : nic->child.name;
}

static const char *
file_of(const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, NIC_DIR "/%s", name);
	return path;
}

static const char *
state_of(const char *name, const char *ifname, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, NIC_DIR "/%s:%s", name, ifname);
	return path;
}

/* parse_record - parse a line of the file; -1: save did not write it */
static int
parse_record(char *line, struct nic_record *record)
{
	char *word[4], *rest = NULL;
	long index;

	/* Not words_split: a name may contain quotes or begin with "#". */
	for (int i = 0; i < 4; i++, line = NULL) {
		word[i] = strtok_r(line, " ", &rest);
		if (!word[i])
			return -1;
	}
	if (strtok_r(NULL, " ", &rest))
		return -1;
	index = num_read(word[2], INT32_MAX);
	record->moved = !strcmp(word[0], "moved");
	if ((!record->moved && strcmp(word[0], "made")) || index < 0 ||
	    !ifname_ok(word[1]) || strlen(word[3]) >= sizeof(record->kind))
		return -1;
	record->index = (int)index;
	strcpy(record->name, word[1]);
	strcpy(record->kind, strcmp(word[3], "-") ? word[3] : "");
	return 0;
}

/* parse - parse the file; returns 0, or -1 with errno EBADMSG */
static int
parse(char *text, struct nic_list *list)
{
	char *rest = NULL, *line = strtok_r(text, "\n", &rest);

	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		if (list->n == NIC_MAX ||
		    parse_record(line, &list->record[list->n]) < 0) {
			errno = EBADMSG;
			return -1;
		}
		list->n++;
	}
	return 0;
}

int
nic_load(const char *name, struct nic_list *list, struct errmsg *why)
{
	char text[FILE_MAX + 1], file[PATH_SIZE];
	auto_close int fd = -1;
	ssize_t n;

	list->n = 0;
	list->file = false;
	fd = open(file_of(name, file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return errmsg_errno(why, "%s", file);
	n = fd_read_max(fd, text, sizeof(text));
	if (n < 0)
		return errmsg_errno(why, "%s", file);
	list->file = true;
	if (n > FILE_MAX) {
		errno = EBADMSG;
		return errmsg_errno(why, "%s", file);
	}
	text[n] = '\0';
	if (parse(text, list) < 0)
		return errmsg_errno(why, "%s", file);
	return 0;
}

static size_t
format(const struct nic_list *list, char text[FILE_MAX + 1])
{
	size_t n = 0;

	for (int i = 0; i < list->n; i++) {
		const struct nic_record *r = &list->record[i];

		n += (size_t)snprintf(text + n, FILE_MAX + 1 - n, FORMAT,
		    r->moved ? "moved" : "made", r->name, r->index,
		    *r->kind ? r->kind : "-");
	}
	return n;
}

/* save - write the file, or remove it if the list is empty */
static int
save(const char *name, struct nic_list *list, struct errmsg *why)
{
	char text[FILE_MAX + 1], file[PATH_SIZE];
	auto_close int fd = -1;
	size_t n = format(list, text);

	file_of(name, file);
	if (list->n == 0) {
		if (unlink(file) < 0 && errno != ENOENT)
			return errmsg_errno(why, "%s", file);
		return 0;
	}
	if (mkdir(NIC_DIR, 0700) < 0 && errno != EEXIST)
		return errmsg_errno(why, NIC_DIR);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	list->file = fd >= 0;
	if (fd < 0 || fd_write_all(fd, text, n) < 0 ||
	    ftruncate(fd, (off_t)n) < 0)
		return errmsg_errno(why, "%s", file);
	return 0;
}

static void
on_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

/* find_link - by index, or if that is 0 by name; its index 0: none */
static int
find_link(struct nl *nl, int index, const char *name, struct link *link)
{
	link->index = 0;
	if (index)
		link_get_index(nl, index);
	else
		link_get(nl, name);
	nl_allow(nl, ENODEV);
	return nl_run(nl, on_link, link);
}

/* find_recorded - the recorded interface in the container; index 0: none */
static int
find_recorded(const struct place *at, const struct nic_record *record,
    struct link *link)
{
	if (find_link(at->inner, record->index, record->name, link) < 0)
		return -1;
	/* Another interface under this name is the container's own. */
	if (strcmp(link->kind, record->kind))
		link->index = 0;
	return 0;
}

static struct nic_record *
find_record(struct nic_list *list, const struct nic *nic)
{
	for (int i = 0; i < list->n; i++)
		if (list->record[i].moved == nic->move &&
		    !strcmp(list->record[i].name, nic_name(nic)))
			return &list->record[i];
	return NULL;
}

/* has_own_mac - or does it share that of the interface below? */
static bool
has_own_mac(const struct nic *nic)
{
	return !nic->move && !strcmp(nic->child.kind, "macvlan") &&
	    nic->child.mode != MACVLAN_MODE_PASSTHRU;
}

/* check_free - refuse a name that the container has given to a link */
static int
check_free(const struct place *at, const char *name, struct errmsg *why)
{
	struct link link;
	int r = find_link(at->inner, 0, name, &link);

	if (r == 0 && !link.index)
		return 0;
	if (r == 0)
		errno = EEXIST;
	return errmsg_errno(why, "interface %s in %s", name, at->netns);
}

/* add_record - record the interface before it is moved or created */
static struct nic_record *
add_record(const struct place *at, const struct nic *nic,
    const struct link *from, struct nic_list *list, struct errmsg *why)
{
	struct nic_record *record = find_record(list, nic);

	if (!record && list->n == NIC_MAX) {
		errno = ENOSPC;
		errmsg_errno(why, "interface %s", nic_name(nic));
		return NULL;
	}
	if (check_free(at, nic_name(nic), why) < 0)
		return NULL;
	if (!record)
		record = &list->record[list->n++];
	*record = (struct nic_record){ .moved = nic->move };
	strcpy(record->name, nic_name(nic));
	if (nic->move)
		strcpy(record->kind, from->kind);
	else
		strcpy(record->kind, nic->child.kind);
	if (save(at->name, list, why) < 0)
		return NULL;
	return record;
}

/* add_failed - with the kernel's own words, if it said any */
static int
add_failed(const struct place *at, const struct nic *nic, struct errmsg *why)
{
	const char *action = nic->move ? "move" : nic->child.kind;
	const char *text = at->host->text;

	if (*text)
		return errmsg_errno(why, "%s %s into %s: %s", action,
		    nic_name(nic), at->netns, text);
	return errmsg_errno(why, "%s %s into %s", action, nic_name(nic),
	    at->netns);
}

/* save_state - save what the interface is now */
static int
save_state(const struct place *at, const struct nic *nic, int index)
{
	struct nicstate state;
	char path[PATH_SIZE];

	if (!nic->move)
		return 0;
	if (nicstate_read(at->host, index, &state) < 0)
		return -1;
	return nicstate_save(state_of(at->name, nic->from, path), &state);
}

/* add_new - record it, move or create it, and record its index */
static int
add_new(const struct place *at, const struct nic *nic,
    const struct link *from, struct nic_list *list, struct errmsg *why)
{
	const char *name = nic_name(nic);
	struct nic_record *record = add_record(at, nic, from, list, why);
	struct link_child child = nic->child;
	struct link link;

	if (!record)
		return -1;
	if (save_state(at, nic, from->index) < 0)
		return errmsg_errno(why, "save the state of %s", name);
	if (has_own_mac(nic))
		child.has_mac = mac_derive(MAC_CHILD, at->name, name,
		    child.mac) == 0;
	if (nic->move)
		link_move(at->host, from->index, at->inner_ns, name);
	else
		link_new_child(at->host, from->index, at->inner_ns, &child);
	if (nl_run(at->host, NULL, NULL) < 0 ||
	    find_link(at->inner, 0, name, &link) < 0)
		return add_failed(at, nic, why);
	record->index = link.index;
	return save(at->name, list, why);
}

int
nic_add(const struct place *at, const struct nic *nic, struct nic_list *list,
    struct errmsg *why)
{
	const struct nic_record *record = find_record(list, nic);
	struct link from, present = { .index = 0 };

	if (find_link(at->host, 0, nic->from, &from) < 0 ||
	    (record && find_recorded(at, record, &present) < 0))
		return errmsg_errno(why, "interface %s", nic->from);
	if (present.index && (nic->move || present.peer == from.index))
		return 0;
	if (at->verify) {
		verify_say(at->verify, "%s in %s: is missing", nic_name(nic),
		    at->netns);
		return 0;
	}
	if (!from.index) {
		errno = ENODEV;
		return errmsg_errno(why, "interface %s", nic->from);
	}
	if (from.flags & IFF_LOOPBACK || from.ours) {
		errno = EINVAL;
		return errmsg_errno(why, "interface %s", nic->from);
	}
	return add_new(at, nic, &from, list, why);
}

/* restore - make the interface on the host what it was */
static int
restore(const struct place *at, const char *name, int index,
    const struct nicstate *was, struct errmsg *why)
{
	if (nicstate_restore(at->host, index, was) == 0)
		return 0;
	return errmsg_errno(why, "restore interface %s", name);
}

/* move_back - without what the container gave it, before and after */
static int
move_back(const struct place *at, const struct nic_record *record, int index,
    const struct nicstate *was, struct errmsg *why)
{
	struct link link;

	/* An altname that is in use on the host would hinder the move. */
	nicstate_strip(at->inner, index, was);
	link_move(at->inner, index, at->host_ns, record->name);
	if (nl_run(at->inner, NULL, NULL) < 0)
		return errmsg_errno(why, "move %s back from %s", record->name,
		    at->netns);
	if (find_link(at->host, 0, record->name, &link) < 0)
		return errmsg_errno(why, "interface %s", record->name);
	return restore(at, record->name, link.index, was, why);
}

/*
 * reclaim - restore a physical device that is not in the container's namespace
 *
 * The kernel gives it back, under the name that it has there, some time after the
 * end of a namespace, such as one that the container made.
 */
static int
reclaim(const struct place *at, const struct nic_record *record,
    const struct nicstate *was, struct errmsg *why)
{
	int index = 0;

	for (int i = 0; i < RETURN_TRIES && !*record->kind && was->len; i++) {
		if (nicstate_find(at->host, was, &index) < 0)
			return errmsg_errno(why, "interface %s", record->name);
		if (index)
			break;
		(void)poll(NULL, 0, RETURN_PAUSE_MS);
	}
	/* A virtual one dies with its namespace. */
	if (!index)
		return 0;
	nicstate_strip(at->host, index, was);
	link_rename(at->host, index, record->name);
	if (nl_run(at->host, NULL, NULL) < 0)
		return errmsg_errno(why, "give interface %s back its name",
		    record->name);
	return restore(at, record->name, index, was, why);
}

/* return_moved - return a moved interface; link: in the container, if it is */
static int
return_moved(const struct place *at, const struct nic_record *record,
    const struct link *link, struct errmsg *why)
{
	struct nicstate was;
	struct link host;
	char path[PATH_SIZE];
	int r = 0;

	state_of(at->name, record->name, path);
	if (nicstate_load(path, &was) < 0)
		return errmsg_errno(why, "%s", path);
	/*
	 * Killed before the move: the host still has it, and the one in the
	 * container is the container's own.
	 */
	if (record->index || find_link(at->host, 0, record->name, &host) < 0 ||
	    !host.index) {
		if (link->index)
			r = move_back(at, record, link->index, &was, why);
		else
			r = reclaim(at, record, &was, why);
	}
	if (r == 0 && unlink(path) < 0 && errno != ENOENT)
		return errmsg_errno(why, "%s", path);
	return r;
}

static int
remove_one(const struct place *at, const struct nic_record *record,
    struct errmsg *why)
{
	struct link link = { .index = 0 };

	/* Without the namespace all in it is gone, or on the host. */
	if (at->inner_ns >= 0 && find_recorded(at, record, &link) < 0)
		return errmsg_errno(why, "interface %s", record->name);
	if (record->moved)
		return return_moved(at, record, &link, why);
	if (!link.index)
		return 0;
	link_del(at->inner, link.index);
	if (nl_run(at->inner, NULL, NULL) == 0)
		return 0;
	return errmsg_errno(why, "remove %s from %s", record->name, at->netns);
}

int
nic_remove(const struct place *at, struct nic_list *list, int keep,
    struct errmsg *why)
{
	int had = list->n, r = 0;
	struct errmsg ignored;

	while (list->n > keep && r == 0) {
		r = remove_one(at, &list->record[list->n - 1], why);
		if (r == 0)
			list->n--;
	}
	/* An empty file left by somebody else is removed too. */
	if (list->n == had && (list->n || !list->file))
		return r;
	/* Only the first failure is reported. */
	if (r < 0)
		why = &ignored;
	if (save(at->name, list, why) < 0)
		return -1;
	return r;
}
