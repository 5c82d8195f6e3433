/* SPDX-License-Identifier: MIT */
/* request.c - a client's request, as the server in the container reads it */
#define _GNU_SOURCE
#include <stdlib.h>

/* A request's memory is never freed: each session has its own process. */
static void *taken[8];
static size_t takes;

static void *
take(size_t n, size_t size)
{
	if (takes == sizeof(taken) / sizeof(*taken))
		abort();
	return taken[takes++] = calloc(n, size);
}

#define malloc(size) take(1, size)
#define calloc(n, size) take(n, size)
#include "console/proto.c"
#undef malloc
#undef calloc

#include "fuzz.h"

static void
strings(char **list)
{
	size_t bytes = 0;

	for (; *list; list++)
		bytes += strlen(*list);
	fuzz_must(bytes < PROTO_BIG);
}

static void
check(const struct proto_request *req)
{
	strings(req->argv);
	strings(req->env);
	fuzz_must(strlen(req->user) + strlen(req->cwd) + strlen(req->term) <
	    PROTO_BIG);
}

/* through - send the input through a socket; raw, or after a valid header */
static void
through(const uint8_t *data, size_t size, bool bare)
{
	struct { char magic[MAGIC]; uint32_t head[2]; } __attribute__((packed))
	    head = { PROTO_MAGIC, { (uint32_t)size, PROTO_REQUEST } };
	struct proto_request req;
	int s[2], fds[PROTO_FDS], n = 0;

	fuzz_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
	if (!bare)
		fuzz_must(write(s[0], &head, sizeof(head)) == sizeof(head));
	fuzz_must(write(s[0], data, size) == (ssize_t)size);
	close(s[0]);
	if (proto_recv_request(s[1], 4096, &req, fds, &n) == 0)
		check(&req);
	fuzz_must(n == 0);
	close(s[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proto_request req = { .tty = false };
	char *buf;

	if (size > 16384)
		return 0;
	buf = malloc(size ? size : 1);
	fuzz_must(buf);
	if (size)
		memcpy(buf, data, size);
	if (decode(buf, size, &req) == 0)
		check(&req);
	through(data, size, false);
	through(data, size, true);
	while (takes > 0)
		free(taken[--takes]);
	free(buf);
	return 0;
}
