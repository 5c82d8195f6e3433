/* SPDX-License-Identifier: MIT */
/*
 * liar - as process 1 of a container, send false notifications to the host
 *
 * It claims to be ready and to be process 1 of the host, sends a status with
 * terminal escapes, and asks for more time and to store descriptors.  Then it
 * does nothing, and ignores all signals.
 */
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
main(void)
{
	static const char said[] = "READY=1\nMAINPID=1\nRELOADING=1\n"
	    "STATUS=\033]0;owned\a\033[31mall is well\nFDSTORE=1\nFDNAME=a\n"
	    "WATCHDOG=trigger\nEXTEND_TIMEOUT_USEC=3600000000\n"
	    "X_NSPAWN_LEADER_PID=1\nERRNO=1\nBARRIER=1";
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *to = getenv("NOTIFY_SOCKET");
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (!to || s < 0)
		err(1, "NOTIFY_SOCKET");
	strncpy(sa.sun_path, to, sizeof(sa.sun_path) - 1);
	if (*to == '@')
		sa.sun_path[0] = '\0';
	if (sendto(s, said, sizeof(said) - 1, 0, (struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(to))) < 0)
		err(1, "%s", to);
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_IGN);
	for (;;)
		pause();
}
