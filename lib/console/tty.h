/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_TTY_H
#define CONSOLE_TTY_H

#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

/*
 * tty_raw - pass every byte unchanged, in both directions
 *
 * *saved: what to give to tty_restore.  Input that was typed before is kept.
 * Returns 0, or -1 with the errno of tcgetattr(3) or tcsetattr(3).
 */
int tty_raw(int fd, struct termios *saved);

/*
 * tty_restore - restore a terminal; does not stop in the background either
 */
void tty_restore(int fd, const struct termios *saved);

/*
 * tty_guard - a process that restores the terminal if this one is killed
 *
 * Call it before tty_raw.  Returns the descriptor, O_CLOEXEC, that it watches,
 * or -1 with the errno of pipe2(2) or fork(2).  Once the terminal is restored
 * tty_unguard ends it; so does the end of this process, with a restoration.
 */
int tty_guard(int fd, const struct termios *saved);
void tty_unguard(int guard);

/* tty_size - the window's size; all 0 if unknown */
void tty_size(int fd, struct winsize *ws);

/*
 * tty_pty - make a pseudo terminal
 *
 * *ws: its size; all 0 becomes 24 rows, 80 columns.  owner: of the slave,
 * mode 0620.  Both descriptors are O_CLOEXEC and the caller's; the master is
 * O_NONBLOCK.  Returns 0, or -1 with the errno of the step that failed.
 * Source: ioctl_tty(2), TIOCGPTPEER: no path is looked up.
 */
int tty_pty(int *master, int *slave, const struct winsize *ws, uid_t owner);

/*
 * tty_eof - the character that ends the input of whoever reads the slave
 *
 * pty: either end.  Returns -1 if no character does: the terminal is not in
 * canonical mode, or has none.
 */
int tty_eof(int pty);

/*
 * tty_unread - does the slave hold input that nobody has read yet?
 *
 * An end of file that was typed counts, part of a line does not.  The slave is
 * opened anew, for a vhangup(2) may have cut off every older descriptor.
 */
bool tty_unread(int master);

#endif
