/* SPDX-License-Identifier: MIT */
/*
 * nic.c - interfaces of the host's that are moved into a container or made
 * there on top of one
 *
 * The file of a container has a line for each: "moved" or "made", its name on
 * the host or inside, its index inside, its kind ("-": a device, no software).
 * Lines are of one length and the file is written in one call, so that there
 * is none that was cut: killed before its end is cut off, it has lines too
 * many, of what is gone.
 */
#define _GNU_SOURCE
#include "net/nic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "net/ifname.h"
#include "net/mac.h"
#include "base/num.h"
#include "net/explain.h"

#define FORMAT "%-5s %-15s %10d %-23s\n"

enum { FILE_MAX = NIC_MAX * 57, PATH_SIZE = 128 };

static const char *
path(char buf[PATH_SIZE], const char *name)
{
	snprintf(buf, PATH_SIZE, NIC_DIR "/%s", name);
	return buf;
}

/* read_mark - one line of the file; returns -1 if it is not as we write it */
static int
read_mark(char *line, struct nic_mark *mark)
{
	char *word[4], *save = NULL;
	long index;

	/* No words_split: a name may hold quotes, or begin as a comment. */
	for (int i = 0; i < 4; i++, line = NULL)
		if (!(word[i] = strtok_r(line, " ", &save)))
			return -1;
	if (strtok_r(NULL, " ", &save))
		return -1;
	index = num_read(word[2], INT32_MAX);
	mark->moved = !strcmp(word[0], "moved");
	if ((!mark->moved && strcmp(word[0], "made")) || index < 0 ||
	    !ifname_ok(word[1]) || strlen(word[3]) >= sizeof(mark->kind))
		return -1;
	mark->index = (int)index;
	strcpy(mark->name, word[1]);
	strcpy(mark->kind, strcmp(word[3], "-") ? word[3] : "");
	return 0;
}

int
nic_load(const char *name, struct nic_list *list, struct errmsg *why)
{
	char buf[FILE_MAX + 1], where[PATH_SIZE], *save = NULL, *line;
	auto_close int fd = -1;
	ssize_t n;

	list->n = 0;
	list->file = false;
	fd = open(path(where, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || (n = fd_read_max(fd, buf, sizeof(buf))) < 0)
		return errmsg_errno(why, "%s", where);
	list->file = true;
	errno = EBADMSG;
	if (n > FILE_MAX)
		return errmsg_errno(why, "%s", where);
	buf[n] = '\0';
	for (line = strtok_r(buf, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save))
		if (list->n == NIC_MAX ||
		    read_mark(line, &list->mark[list->n++]) < 0) {
			errno = EBADMSG;
			return errmsg_errno(why, "%s", where);
		}
	return 0;
}

/* store - write the file; an empty one goes */
static int
store(const char *name, struct nic_list *list, struct errmsg *why)
{
	char buf[FILE_MAX + 1], where[PATH_SIZE];
	auto_close int fd = -1;
	size_t n = 0;

	path(where, name);
	if (list->n == 0)
		return unlink(where) < 0 && errno != ENOENT ?
		    errmsg_errno(why, "%s", where) : 0;
	for (int i = 0; i < list->n; i++) {
		const struct nic_mark *m = &list->mark[i];

		n += (size_t)snprintf(buf + n, sizeof(buf) - n, FORMAT,
		    m->moved ? "moved" : "made", m->name, m->index,
		    *m->kind ? m->kind : "-");
	}
	if (mkdir(NIC_DIR, 0700) < 0 && errno != EEXIST)
		return errmsg_errno(why, NIC_DIR);
	fd = open(where, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	list->file = fd >= 0;
	if (fd < 0 || fd_write_all(fd, buf, n) < 0 || ftruncate(fd, (off_t)n))
		return errmsg_errno(why, "%s", where);
	return 0;
}

static void
see_link(const struct nlmsghdr *answer, int n, void *arg)
{
	(void)n;
	link_read(answer, arg);
}

/* find - a link by index, or by name where that is 0; its index 0: none */
static int
find(struct nl *nl, int index, const char *name, struct link *link)
{
	link->index = 0;
	if (index)
		link_get_index(nl, index);
	else
		link_get(nl, name);
	nl_allow(nl, ENODEV);
	return nl_run(nl, see_link, link);
}

/* find_mark - the guest in the container that the mark is about, if any */
static int
find_mark(const struct nic_place *at, const struct nic_mark *mark,
    struct link *link)
{
	if (find(at->inner, mark->index, mark->name, link) < 0)
		return -1;
	if (strcmp(link->kind, mark->kind))
		link->index = 0;
	return 0;
}

static struct nic_mark *
marked(struct nic_list *list, bool moved, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (list->mark[i].moved == moved &&
		    !strcmp(list->mark[i].name, name))
			return &list->mark[i];
	return NULL;
}

/* own_mac - has it a MAC address that is not the interface's below it? */
static bool
own_mac(const struct nic *guest)
{
	return !guest->move && !strcmp(guest->child.kind, "macvlan") &&
	    guest->child.mode != MACVLAN_MODE_PASSTHRU;
}

/* give - note it, do it, and note its index */
static int
give(const struct nic_place *at, const struct nic *guest,
    const struct link *from, struct nic_list *list, struct errmsg *why)
{
	const char *name = guest->move ? guest->from : guest->child.name;
	const char *kind = guest->move ? from->kind : guest->child.kind;
	struct nic_mark *mark = marked(list, guest->move, name);
	struct link_child child = guest->child;
	struct link link;

	if (!mark && list->n == NIC_MAX) {
		errno = ENOSPC;
		return errmsg_errno(why, "interface %s", name);
	}
	if (find(at->inner, 0, name, &link) < 0 || link.index) {
		errno = link.index ? EEXIST : errno;
		return errmsg_errno(why, "interface %s in %s", name, at->netns);
	}
	if (!mark)
		mark = &list->mark[list->n++];
	*mark = (struct nic_mark){ .moved = guest->move };
	strcpy(mark->name, name);
	strcpy(mark->kind, kind);
	if (store(at->name, list, why) < 0)
		return -1;
	child.has_mac = own_mac(guest) &&
	    mac_derive(MAC_CHILD, at->name, name, child.mac) == 0;
	if (guest->move)
		link_move(at->host, from->index, at->ns, name);
	else
		link_new_child(at->host, from->index, at->ns, &child);
	if (nl_run(at->host, NULL, NULL) < 0 ||
	    find(at->inner, 0, name, &link) < 0)
		return errmsg_errno(why, "%s %s into %s%s%s",
		    guest->move ? "move" : kind, name, at->netns,
		    *at->host->text ? ": " : "", at->host->text);
	mark->index = link.index;
	return store(at->name, list, why);
}

int
nic_put(const struct nic_place *at, const struct nic *guest,
    struct nic_list *list, struct errmsg *why)
{
	const char *name = guest->move ? guest->from : guest->child.name;
	const struct nic_mark *mark = marked(list, guest->move, name);
	struct link from, there = { .index = 0 };

	if (find(at->host, 0, guest->from, &from) < 0 ||
	    (mark && find_mark(at, mark, &there) < 0))
		return errmsg_errno(why, "interface %s", guest->from);
	if (there.index && (guest->move || there.peer == from.index))
		return 0;
	if (from.index && !(from.flags & IFF_LOOPBACK) && !from.ours)
		return give(at, guest, &from, list, why);
	errno = from.index ? EINVAL : ENODEV;
	return errmsg_errno(why, "interface %s", guest->from);
}

static int
drop(const struct nic_place *at, const struct nic_mark *mark,
    struct errmsg *why)
{
	struct link link, here;

	if (find_mark(at, mark, &link) < 0)
		return errmsg_errno(why, "interface %s", mark->name);
	if (!link.index)
		return 0;
	/* Not known to have gone there: that may be one of the container's. */
	if (mark->moved && !mark->index &&
	    find(at->host, 0, mark->name, &here) == 0 && here.index)
		return 0;
	if (mark->moved)
		link_move(at->inner, link.index, at->host_ns, mark->name);
	else
		link_del(at->inner, link.index);
	if (nl_run(at->inner, NULL, NULL) < 0)
		return errmsg_errno(why, "bring %s back from %s", mark->name,
		    at->netns);
	return 0;
}

int
nic_drop(const struct nic_place *at, struct nic_list *list, int keep,
    struct errmsg *why)
{
	int had = list->n, r = 0;
	struct errmsg lost;

	while (list->n > keep && r == 0) {
		if (at->ns >= 0)
			r = drop(at, &list->mark[list->n - 1], why);
		if (r == 0)
			list->n--;
	}
	if (list->n == had && (list->n || !list->file))
		return r;
	/* The first failure is the one to be told. */
	return store(at->name, list, r < 0 ? &lost : why) < 0 ? -1 : r;
}
