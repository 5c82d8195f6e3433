/* SPDX-License-Identifier: MIT */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROC_STATUS = 8192 };	/* more than a status file has */

/*
 * proc_read - read a file of a process, such as "status"
 *
 * Returns its length, or 0 if it is empty or cannot be read.  A pid may belong to
 * another process at once: open a pidfd first, and look afterwards whether that
 * process is still there.
 */
size_t proc_read(pid_t pid, const char *name, char *text, size_t size);

/* proc_line - the text behind a name like "\nPPid:" in a status file, or "" */
const char *proc_line(const char *status, const char *name);

/* proc_parent - the parent that a status file names */
pid_t proc_parent(const char *status);

/* proc_first - is it the first process of another PID namespace than ours? */
bool proc_first(const char *status);

/* proc_open - a pidfd; -1 with errno.  Source: pidfd_open(2). */
int proc_open(pid_t pid);

/* proc_alive - is the process of that pidfd there, ended or not? */
bool proc_alive(int pidfd);

#endif
