/* SPDX-License-Identifier: MIT */
/* hold.c - roots of the systems that a container runs */
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

static int
unlink_if_there(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return -1;
	return 0;
}

int
hold_system(int dir, const char *path)
{
	if (symlinkat(path, dir, BOOTED) < 0 && errno != EEXIST)
		return -1;
	if (unlink_if_there(dir, NEW) < 0 || symlinkat(path, dir, NEW) < 0 ||
	    renameat(dir, NEW, dir, CURRENT) < 0)
		return -1;
	return fsync(dir);
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
hold_owns(const char *name)
{
	return !strcmp(name, BOOTED) || !strcmp(name, CURRENT) ||
	    !strcmp(name, NEW);
}
