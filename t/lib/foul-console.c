/* SPDX-License-Identifier: MIT */
/*
 * foul-console SOCKET KIND - act as a hostile peer of ctr-console
 *
 * Listens at SOCKET, prints a line when it is ready, and gives each client a bad
 * answer of that kind.  Without KIND it lists the kinds.  For a kind of request it
 * acts as a client instead, sends the bad request and prints the answer; "alien"
 * is a client of a future version.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "console/proto.h"

static void
say(int fd, const void *data, size_t len)
{
	(void)!write(fd, data, len);
}

/* frame - send a frame; the length in its header may be false */
static void
frame(int fd, uint32_t len, uint32_t type, const void *data, size_t real)
{
	uint32_t head[2] = { len, type };
	char buf[8 + 65536];

	memcpy(buf, head, 8);
	if (real > 0)
		memcpy(buf + 8, data, real);
	say(fd, buf, 8 + real);
}

static void
number(int fd, uint32_t type, uint32_t v)
{
	frame(fd, sizeof(v), type, &v, sizeof(v));
}

static void
with_fd(int fd, uint32_t type, uint32_t v, int count)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(64 * sizeof(int))]; } c;
	uint32_t f[3] = { sizeof(v), type, v };
	struct iovec iov = { f, sizeof(f) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = CMSG_SPACE(4u * (unsigned)count) };
	int fds[64] = { 0 };

	for (int i = 0; i < count; i++)
		fds[i] = open("/etc/passwd", O_RDONLY);
	memset(&c, 0, sizeof(c));
	c.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(4u * (unsigned)count),
	    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.h), fds, 4u * (unsigned)count);
	(void)!sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* accept_request - behave correctly until the ACK; returns the pipes */
static void
accept_request(int fd, int fds[PROTO_FDS])
{
	struct proto_request req;
	int n;

	fds[0] = fds[1] = fds[2] = -1;
	if (proto_recv_request(fd, PROTO_BIG, &req, fds, &n) < 0)
		err(1, "request");
	number(fd, PROTO_ACK, PROTO_VERSION);
}

static void
error_frame(int fd, uint32_t status, const char *text, size_t len)
{
	char buf[4 + PROTO_SMALL];

	memcpy(buf, &status, 4);
	memcpy(buf + 4, text, len);
	frame(fd, (uint32_t)(4 + len), PROTO_ERROR, buf, 4 + len);
}

static const char *const kinds[] = {
	/* before the ACK */
	"silent", "reads-nothing", "hang-up", "garbage", "prompt", "torn-ack",
	"wrong-version", "overlong-ack", "short-ack", "exit-before-ack",
	"ack-with-descriptor",
	/* after it */
	"hang-up-after-ack", "ack-twice", "request-back", "unknown-type",
	"status-999", "status-minus-one", "status-short", "status-long",
	"torn-exit", "exit-with-descriptors", "overlong-exit",
	"error-status-0", "error-status-255", "error-overlong", "error-short",
	"zeros", "error-escapes", "exit-twice", "endless-output",
	NULL
};

/* before_ack - misbehave before the ACK; returns false for other kinds */
static bool
before_ack(int fd, const char *kind)
{
	char junk[4096];

	if (!strcmp(kind, "garbage")) {
		memset(junk, 0xa5, sizeof(junk));
		say(fd, junk, sizeof(junk));
	} else if (!strcmp(kind, "prompt"))
		say(fd, "\r\ncontainer login: ", 19);
	else if (!strcmp(kind, "torn-ack"))
		say(fd, "\4\0\0", 3);
	else if (!strcmp(kind, "wrong-version"))
		number(fd, PROTO_ACK, PROTO_VERSION + 1);
	else if (!strcmp(kind, "overlong-ack"))
		frame(fd, 0xffffffff, PROTO_ACK, "aaaa", 4);
	else if (!strcmp(kind, "short-ack"))
		frame(fd, 0, PROTO_ACK, NULL, 0);
	else if (!strcmp(kind, "exit-before-ack"))
		number(fd, PROTO_EXIT, 0);
	else if (!strcmp(kind, "ack-with-descriptor"))
		with_fd(fd, PROTO_ACK, PROTO_VERSION, 1);
	else if (strcmp(kind, "silent") && strcmp(kind, "reads-nothing") &&
	    strcmp(kind, "hang-up"))
		return false;
	if (strcmp(kind, "hang-up") && strcmp(kind, "torn-ack"))
		pause();	/* the client must give up by itself */
	return true;
}

static void
after_ack(int fd, const char *kind)
{
	static const char zeros[4096];
	int fds[PROTO_FDS];
	char text[PROTO_SMALL];

	memset(text, 'x', sizeof(text));
	accept_request(fd, fds);
	if (!strcmp(kind, "ack-twice"))
		number(fd, PROTO_ACK, PROTO_VERSION);
	else if (!strcmp(kind, "request-back"))
		frame(fd, 4, PROTO_REQUEST, "aaaa", 4);
	else if (!strcmp(kind, "unknown-type"))
		number(fd, 77, 0);
	else if (!strcmp(kind, "status-999"))
		number(fd, PROTO_EXIT, 999);
	else if (!strcmp(kind, "status-minus-one"))
		number(fd, PROTO_EXIT, (uint32_t)-1);
	else if (!strcmp(kind, "status-short"))
		frame(fd, 2, PROTO_EXIT, "\0\0", 2);
	else if (!strcmp(kind, "status-long"))
		frame(fd, 8, PROTO_EXIT, "\0\0\0\0\0\0\0\0", 8);
	else if (!strcmp(kind, "torn-exit"))
		frame(fd, 4, PROTO_EXIT, "\0\0", 2);
	else if (!strcmp(kind, "exit-with-descriptors"))
		with_fd(fd, PROTO_EXIT, 0, 64);
	else if (!strcmp(kind, "overlong-exit"))
		frame(fd, 65536, PROTO_EXIT, zeros, 4096);
	else if (!strcmp(kind, "error-status-0"))
		error_frame(fd, 0, "fine", 4);
	else if (!strcmp(kind, "error-status-255"))
		error_frame(fd, 255, "fine", 4);
	else if (!strcmp(kind, "error-overlong"))
		error_frame(fd, 125, text, 1020);
	else if (!strcmp(kind, "error-short"))
		frame(fd, 2, PROTO_ERROR, "}\0", 2);
	else if (!strcmp(kind, "zeros"))
		while (write(fd, zeros, sizeof(zeros)) > 0)
			;
	else if (!strcmp(kind, "error-escapes"))
		error_frame(fd, 125, "\033]0;title\007\233 \r\nroot# ", 20);
	else if (!strcmp(kind, "exit-twice")) {
		number(fd, PROTO_EXIT, 7);
		number(fd, PROTO_EXIT, 0);
	} else if (!strcmp(kind, "endless-output")) {
		number(fd, PROTO_EXIT, 7);
		/* A terminal session has only one. */
		while (write(fds[fds[1] < 0 ? 0 : 1], zeros, sizeof(zeros)) > 0)
			;
	}
	if (!strcmp(kind, "hang-up-after-ack") || strstr(kind, "torn"))
		return;
	pause();
}

/* print_answer - print the printable characters of the answer */
static int
print_answer(int s)
{
	char buf[512];
	ssize_t n;

	while ((n = read(s, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] >= ' ')
				putchar(buf[i]);
	return 0;
}

static int
alien(int s, const struct sockaddr_un *to)
{
	static const char label[] = "\0" PROTO_LABEL "2/0";
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	memcpy(sa.sun_path, label, sizeof(label) - 1);
	if (bind(s, (struct sockaddr *)&sa,
	    sizeof(sa.sun_family) + sizeof(label) - 1) < 0 ||
	    connect(s, (const struct sockaddr *)to, sizeof(*to)) < 0)
		err(1, "%s", to->sun_path);
	say(s, "echo fed to a shell\n", 20);
	return print_answer(s);
}

/* The faults of a request; unset members are correct. */
struct request {
	const char *kind;
	const char *what;	/* descriptors: pipe, socket, file, inet, netlink */
	uint32_t type, argc;	/* argc: as claimed */
	uint32_t len;		/* as claimed; 0: the real one */
	const char *term;
};

static const struct request requests[] = {
	{ "no-descriptors", "", PROTO_REQUEST, 1, 0, "" },
	{ "one-pipe", "p", PROTO_REQUEST, 1, 0, "" },
	{ "four-pipes", "pppp", PROTO_REQUEST, 1, 0, "" },
	{ "files", "fff", PROTO_REQUEST, 1, 0, "" },
	{ "socket-for-pipes", "sss", PROTO_REQUEST, 1, 0, "" },
	{ "no-words", "ppp", PROTO_REQUEST, 2, 0, "" },
	{ "too-many-words", "ppp", PROTO_REQUEST, UINT32_MAX, 0, "" },
	{ "torn", "ppp", PROTO_REQUEST, 1, 4000, "" },
	{ "overlong", "ppp", PROTO_REQUEST, 1, UINT32_MAX, "" },
	{ "long-login", "ppp", PROTO_REQUEST, 1, 4097, "" },
	{ "odd-type", "ppp", PROTO_EXIT, 1, 0, "" },
	{ "odd-term", "ppp", PROTO_REQUEST, 1, 0, "../../etc/passwd" },
	{ "tty-pipe", "p", PROTO_REQUEST, 1, 0, "" },
	{ "tty-file", "f", PROTO_REQUEST, 1, 0, "" },
	{ "tty-inet", "i", PROTO_REQUEST, 1, 0, "" },
	{ "tty-netlink", "n", PROTO_REQUEST, 1, 0, "" },
	{ "tty-two", "ss", PROTO_REQUEST, 1, 0, "" },
	{ "garbage", "ppp", 0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5, "" },
	{ NULL, NULL, 0, 0, 0, NULL }
};

static int
one_of(char what)
{
	int p[2];

	if (what == 'f')
		return open("/etc/passwd", O_RDONLY);
	if (what == 'i')
		return socket(AF_INET, SOCK_STREAM, 0);
	if (what == 'n')
		return socket(AF_NETLINK, SOCK_RAW, 0);
	if ((what == 'p' ? pipe(p) :
	    socketpair(AF_UNIX, SOCK_STREAM, 0, p)) < 0)
		err(1, "descriptors");
	return p[1];
}

/* Space for the descriptors of a request, and one more. */
union control {
	struct cmsghdr h;
	char buf[CMSG_SPACE(4 * sizeof(int))];
};

static void
attach_all(struct msghdr *m, union control *c, const char *what)
{
	const size_t n = strlen(what);

	if (n == 0)
		return;
	memset(c, 0, sizeof(*c));
	c->h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
	    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	for (size_t i = 0; i < n; i++) {
		int fd = one_of(what[i]);

		memcpy(CMSG_DATA(&c->h) + i * sizeof(fd), &fd, sizeof(fd));
	}
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(n * sizeof(int));
}

static int
ask(int s, const struct sockaddr_un *to, const struct request *r)
{
	union control c;
	struct { uint32_t flags; uint16_t size[4]; uint32_t argc, envc; }
	    head = { .flags = !strncmp(r->kind, "tty-", 4), .argc = r->argc };
	char buf[256] = PROTO_MAGIC, *p = buf + strlen(PROTO_MAGIC);
	uint32_t *frame_head = (uint32_t *)(void *)p;
	struct iovec iov = { buf, 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	p = mempcpy(p + 8, &head, sizeof(head));
	p = stpcpy(stpcpy(p, "") + 1, "") + 1;		/* user, folder */
	p = stpcpy(stpcpy(p, r->term) + 1, "true") + 1;
	iov.iov_len = (size_t)(p - buf);
	frame_head[0] = r->len ? r->len :
	    (uint32_t)(p - (char *)(frame_head + 2));
	frame_head[1] = r->type;
	attach_all(&m, &c, r->what);
	if (proto_bind(s) < 0 || connect(s, (const struct sockaddr *)to,
	    sizeof(*to)) < 0 || sendmsg(s, &m, MSG_NOSIGNAL) < 0 ||
	    shutdown(s, SHUT_WR) < 0)
		err(1, "%s", to->sun_path);
	return print_answer(s);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s, fd;

	if (argc < 3) {
		for (int i = 0; kinds[i]; i++)
			puts(kinds[i]);
		return 0;
	}
	if (strlen(argv[1]) >= sizeof(sa.sun_path))
		errx(1, "too long: %s", argv[1]);
	strcpy(sa.sun_path, argv[1]);
	signal(SIGPIPE, SIG_IGN);
	if ((s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		err(1, "socket");
	if (!strcmp(argv[2], "alien"))
		return alien(s, &sa);
	if (access(argv[1], F_OK) == 0)
		for (const struct request *r = requests; r->kind; r++)
			if (!strcmp(argv[2], r->kind))
				return ask(s, &sa, r);
	signal(SIGCHLD, SIG_IGN);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 9) < 0)
		err(1, "%s", argv[1]);
	puts("listening");
	fflush(stdout);
	while ((fd = accept(s, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (!before_ack(fd, argv[2]))
				after_ack(fd, argv[2]);
			return 0;
		}
		close(fd);
	}
	return 1;
}
