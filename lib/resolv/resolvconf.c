/* SPDX-License-Identifier: MIT */
/* resolvconf.c - the lines of a host's resolv.conf for a container */
#define _GNU_SOURCE
#include "resolv/resolvconf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"

int
resolvconf_read(const char *path, struct resolvconf *t)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = -1;

	t->len = 0;
	if (fd >= 0)
		n = fd_read_max(fd, t->s, RESOLVCONF_MAX + 1);
	if (n < 0)
		return -1;
	if (n > RESOLVCONF_MAX) {
		errno = EFBIG;
		return -1;
	}
	t->len = (size_t)n;
	return 0;
}

/* next_line - the line of t at *at, without its newline; NULL: none left */
static const char *
next_line(const struct resolvconf *t, size_t *at, size_t *len)
{
	const char *line = t->s + *at, *end;

	if (*at >= t->len)
		return NULL;
	end = memchr(line, '\n', t->len - *at);
	*len = end ? (size_t)(end - line) : t->len - *at;
	*at += *len + 1;
	return line;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
has_key(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);

	return len > n && !memcmp(line, key, n) && blank(line[n]);
}

static void
put(struct resolvconf *t, const char *s, size_t len)
{
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void
put_line(struct resolvconf *t, const char *s, size_t len)
{
	put(t, s, len);
	put(t, "\n", 1);
}

/* here_only - loopback, unspecified or link-local: no container reaches it */
static bool
here_only(const char *addr)
{
	unsigned char a[16];

	if (inet_pton(AF_INET, addr, a) == 1)
		return a[0] == 127 || a[0] == 0;
	if (inet_pton(AF_INET6, addr, a) != 1)
		return false;
	if (!memcmp(a, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12))
		return a[12] == 127 || a[12] == 0;
	return (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
	    (!memcmp(a, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15) && a[15] <= 1);
}

/* reachable - can the container reach the server in this line? */
static bool
reachable(const char *line, size_t len)
{
	char addr[INET6_ADDRSTRLEN];
	size_t at = strlen("nameserver"), n = 0;

	while (at < len && blank(line[at]))
		at++;
	while (at < len && n + 1 < sizeof(addr) && !strchr(" \t\r%", line[at]))
		addr[n++] = line[at++];
	addr[n] = '\0';
	return !here_only(addr);
}

/* put_options - without trust-ad, which is for a resolver on this machine */
static void
put_options(struct resolvconf *to, const char *line, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = 0, gap = 0;

		while (at + gap < len && blank(line[at + gap]))
			gap++;
		while (at + gap + n < len && !blank(line[at + gap + n]))
			n++;
		if (n != 8 || memcmp(line + at + gap, "trust-ad", n) != 0)
			put(to, line + at, gap + n);
		at += gap + n;
	}
	put(to, "\n", 1);
}

int
resolvconf_servers(struct resolvconf *to, const struct resolvconf *from,
    bool private)
{
	const char *line;
	size_t at = 0, len;
	int n = 0;

	while ((line = next_line(from, &at, &len)))
		if (has_key(line, len, "nameserver") &&
		    (!private || reachable(line, len))) {
			put_line(to, line, len);
			n++;
		}
	return n;
}

static bool
is_line(const char *line, size_t len, const char *s)
{
	return len == strlen(s) && !memcmp(line, s, len);
}

bool
resolvconf_rest(struct resolvconf *to, const struct resolvconf *from,
    bool private)
{
	const char *line;
	size_t at = 0, len;
	bool any = false;

	put_line(to, RESOLVCONF_MARK, strlen(RESOLVCONF_MARK));
	while ((line = next_line(from, &at, &len))) {
		if (len > 0 && line[0] != '#' && line[0] != ';')
			any = true;
		if (has_key(line, len, "nameserver"))
			continue;
		if (is_line(line, len, RESOLVCONF_OPENRESOLV) ||
		    is_line(line, len, RESOLVCONF_MARK))
			continue;
		if (private && has_key(line, len, "options"))
			put_options(to, line, len);
		else
			put_line(to, line, len);
	}
	return any;
}
