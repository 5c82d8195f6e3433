/* SPDX-License-Identifier: MIT */
/* answers.c - a container's answers to the client on the host */
#include "console/client.c"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct client c;
	int s[2], r;

	if (size > 16384)
		return 0;
	fuzz_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
	fuzz_must(write(s[0], data, size) == (ssize_t)size);
	close(s[0]);
	c = (struct client){ .ctl = s[1], .in = -1, .out = -1, .err = -1 };
	while ((r = read_frame(&c)) == 0)
		fuzz_must(c.acked);
	fuzz_must(c.status >= 0 && c.status <= 255);
	fuzz_must(memchr(c.text, '\0', sizeof(c.text)));
	for (const char *t = c.text; *t; t++)
		fuzz_must(*t >= ' ' && *t <= '~');
	fuzz_must(r == 1 || errno == EPROTO || errno == ECONNRESET ||
	    errno == EREMOTEIO);
	close(s[1]);
	return 0;
}
