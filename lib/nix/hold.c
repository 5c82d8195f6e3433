/* SPDX-License-Identifier: MIT */
/* hold.c - roots of the systems that a container runs, and of those with a label */
#define _GNU_SOURCE
#include "nix/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOOTED "booted"
#define CURRENT "current"
#define NEW ".current.new"
#define LABEL "label-"

enum { LABEL_MAX = 64 };

static int
unlink_if_there(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return -1;
	return 0;
}

/* put_link - in place of the one that may be there */
static int
put_link(int dir, const char *name, const char *path)
{
	if (unlink_if_there(dir, NEW) < 0 || symlinkat(path, dir, NEW) < 0 ||
	    renameat(dir, NEW, dir, name) < 0)
		return -1;
	return fsync(dir);
}

int
hold_system(int dir, const char *path)
{
	if (symlinkat(path, dir, BOOTED) < 0 && errno != EEXIST)
		return -1;
	return put_link(dir, CURRENT, path);
}

int
hold_release(int dir)
{
	if (unlink_if_there(dir, BOOTED) < 0 ||
	    unlink_if_there(dir, CURRENT) < 0)
		return -1;
	return fsync(dir);
}

bool
hold_label_ok(const char *label)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(label);

	return n > 0 && n <= LABEL_MAX && strspn(label, allowed) == n &&
	    !strchr("._-", label[0]);
}

static void
label_name(const char *label, char name[sizeof(LABEL) + LABEL_MAX])
{
	snprintf(name, sizeof(LABEL) + LABEL_MAX, LABEL "%s", label);
}

int
hold_label(int dir, const char *label, const char *path)
{
	char name[sizeof(LABEL) + LABEL_MAX];

	label_name(label, name);
	return put_link(dir, name, path);
}

int
hold_unlabel(int dir, const char *label)
{
	char name[sizeof(LABEL) + LABEL_MAX];

	label_name(label, name);
	if (unlink_if_there(dir, name) < 0)
		return -1;
	return fsync(dir);
}

bool
hold_owns(const char *name)
{
	return !strcmp(name, BOOTED) || !strcmp(name, CURRENT) ||
	    !strcmp(name, NEW) || !strncmp(name, LABEL, strlen(LABEL));
}
