/* SPDX-License-Identifier: MIT */
/* frames.c - a client's frames to the server during a session */
#include <signal.h>
#include <sys/types.h>

/* The session has no real command: signals to it are checked, not sent. */
static int seen(pid_t pid, int sig);
#define kill(pid, sig) seen(pid, sig)
#include "console/loop.c"
#undef kill

#include "fuzz.h"

static int
seen(pid_t pid, int sig)
{
	fuzz_must(pid == 1 || pid == -1);
	fuzz_must(sig > 0 && sig < NSIG);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char bufs[2][RELAY_BUF];
	int s[2], part;
	struct session_loop l = { .stream = -1, .master = -1, .slave = -1,
	    .child = 1 };

	if (size == 0 || size > 16384)
		return 0;
	fuzz_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
	/* In two parts, as a frame may arrive in pieces. */
	part = data[0] < size ? data[0] : 1;
	fuzz_must(write(s[0], data, (size_t)part) == part);
	l.ctl = s[1];
	relay_init(&l.in, -1, -1, bufs[0]);
	relay_init(&l.out, -1, -1, bufs[1]);
	read_frames(&l);
	if (!l.peer_gone) {
		fuzz_must(write(s[0], data + part, size - (size_t)part) ==
		    (ssize_t)size - part);
		close(s[0]);
		s[0] = -1;
		read_frames(&l);
	}
	if (s[0] >= 0)
		close(s[0]);
	/* The client has closed: the server must close all descriptors. */
	fuzz_must(l.peer_gone && l.ctl < 0);
	return 0;
}
