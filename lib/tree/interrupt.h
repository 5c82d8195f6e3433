/* SPDX-License-Identifier: MIT */
#ifndef TREE_INTERRUPT_H
#define TREE_INTERRUPT_H

#include <stddef.h>
#include <sys/types.h>

/*
 * How SIGINT, SIGTERM and SIGHUP end a process that has something to take back: what
 * it waits for comes to an end, and then it goes the way of any failure.
 */

/*
 * interrupt_catch - begin; one that is ignored stays ignored
 *
 * Returns 0, or -1 with errno.
 */
int interrupt_catch(void);

/* interrupt_input - a signal makes this descriptor read as ended; -1: none */
void interrupt_input(int fd);

/* interrupt_command - a signal ends this child, and a moment later kills it; 0: none */
void interrupt_command(pid_t pid);

/* interrupt_end_command - the same as a signal would do, to the child alone */
void interrupt_end_command(void);

/* interrupt_write - as fd_write_waiting; a signal ends it, with errno EINTR */
int interrupt_write(int fd, const void *buf, size_t len);

/* interrupt_signal - the first one that came, or 0 */
int interrupt_signal(void);

#endif
